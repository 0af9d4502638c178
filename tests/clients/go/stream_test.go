package clients

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"sconce.invalid/clients/inference"
)

func number(t *testing.T, model, name string, value int32) *inference.ModelInferRequest {
	return rawRequest(model, []*input{tensor(name, "INT32", 1, 1)}, packed(t, []int32{value}))
}

func valueOf(t *testing.T, answer *inference.ModelStreamInferResponse) int32 {
	t.Helper()
	if answer.ErrorMessage != "" {
		t.Fatal(answer.ErrorMessage)
	}
	value := make([]int32, 1)
	unpack(t, answer.InferResponse.RawOutputContents[0], value)
	return value[0]
}

// exchange sends all requests, half-closes, and reads until the stream's end.
func exchange(t *testing.T, requests []*inference.ModelInferRequest) []*inference.ModelStreamInferResponse {
	t.Helper()
	stream, err := newClient(t).ModelStreamInfer(withPatience(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, request := range requests {
		if err := stream.Send(request); err != nil {
			t.Fatal(err)
		}
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	var answers []*inference.ModelStreamInferResponse
	for {
		answer, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return answers
		}
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, answer)
	}
}

func TestAnswersComeInTheOrderOfTheRequests(t *testing.T) {
	var requests []*inference.ModelInferRequest
	for value := range int32(100) {
		requests = append(requests, number(t, "identity", "x", value))
	}
	for i, answer := range exchange(t, requests) {
		if got := valueOf(t, answer); got != int32(i) {
			t.Errorf("answer %d is %d", i, got)
		}
	}
}

func TestAnErrorDoesNotEndTheStream(t *testing.T) {
	answers := exchange(t, []*inference.ModelInferRequest{
		number(t, "identity", "x", 1),
		number(t, "nobody", "x", 2),
		number(t, "identity", "x", 3),
	})
	if len(answers) != 3 || !strings.Contains(answers[1].ErrorMessage, "'nobody'") {
		t.Fatalf("got %v", answers)
	}
	if first, last := valueOf(t, answers[0]), valueOf(t, answers[2]); first != 1 || last != 3 {
		t.Errorf("got %d and %d", first, last)
	}
}

func TestWithTritonGrpcErrorTheFirstErrorIsTheStatus(t *testing.T) {
	ctx := metadata.AppendToOutgoingContext(withPatience(t), "triton_grpc_error", "true")
	stream, err := newClient(t).ModelStreamInfer(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(number(t, "nobody", "x", 1)); err != nil {
		t.Fatal(err)
	}
	_, err = stream.Recv()
	wantCode(t, err, codes.NotFound)
}

func TestTwoSequencesOnOneStream(t *testing.T) {
	ids := []*inference.InferParameter{
		{ParameterChoice: &inference.InferParameter_Int64Param{Int64Param: 8201}},
		{ParameterChoice: &inference.InferParameter_StringParam{StringParam: "go"}},
	}
	flag := func(value bool) *inference.InferParameter {
		return &inference.InferParameter{
			ParameterChoice: &inference.InferParameter_BoolParam{BoolParam: value}}
	}
	var requests []*inference.ModelInferRequest
	for i := range int32(4) {
		for k, id := range ids {
			request := number(t, "accumulate", "INPUT", (i+1)*int32(1-2*k))
			request.Parameters = map[string]*inference.InferParameter{
				"sequence_id":    id,
				"sequence_start": flag(i == 0),
				"sequence_end":   flag(i == 3),
			}
			requests = append(requests, request)
		}
	}
	var sums []int32
	for _, answer := range exchange(t, requests) {
		sums = append(sums, valueOf(t, answer))
	}
	if want := []int32{1, -1, 3, -3, 6, -6, 10, -10}; !slices.Equal(sums, want) {
		t.Errorf("got %v, want %v", sums, want)
	}
}

func TestAStreamThatIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(withPatience(t))
	stream, err := newClient(t).ModelStreamInfer(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(number(t, "identity", "x", 5)); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	cancel()
	_, err = stream.Recv()
	wantCode(t, err, codes.Canceled)
}

// Package clients holds a client of the protocol as a Go user writes it, with
// the stubs that protoc-gen-go and protoc-gen-go-grpc make of our .proto files.
// SCONCE_ADDRESS names the server.
package clients

import (
	"context"
	"encoding/binary"
	"math"
	"os"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"sconce.invalid/clients/inference"
)

const patience = 60 * time.Second

type client = inference.GRPCInferenceServiceClient

// connect opens a channel that ends with the test.
func connect(t *testing.T, address string, options ...grpc.DialOption) *grpc.ClientConn {
	t.Helper()
	options = append(options,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32)))
	connection, err := grpc.NewClient(address, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	return connection
}

func newClient(t *testing.T) client {
	t.Helper()
	return inference.NewGRPCInferenceServiceClient(connect(t, serverAddress()))
}

func serverAddress() string { return os.Getenv("SCONCE_ADDRESS") }

func withPatience(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

type input = inference.ModelInferRequest_InferInputTensor
type contents = inference.InferTensorContents

func tensor(name, datatype string, shape ...int64) *input {
	return &input{Name: name, Datatype: datatype, Shape: shape}
}

// rawRequest has one entry of bytes for each input.
func rawRequest(model string, inputs []*input, raw ...[]byte) *inference.ModelInferRequest {
	return &inference.ModelInferRequest{
		ModelName: model, Inputs: inputs, RawInputContents: raw}
}

func infer(t *testing.T, c client, request *inference.ModelInferRequest) *inference.ModelInferResponse {
	t.Helper()
	answer, err := c.ModelInfer(withPatience(t), request)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// wantCode tells the status that a failed call has.
func wantCode(t *testing.T, err error, code codes.Code) *status.Status {
	t.Helper()
	got := status.Convert(err)
	if got.Code() != code {
		t.Fatalf("status %v %q, want %v", got.Code(), got.Message(), code)
	}
	return got
}

// packed is the little-endian bytes of a slice of numbers.
func packed(t *testing.T, values any) []byte {
	t.Helper()
	bytes, err := binary.Append(nil, binary.LittleEndian, values)
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}

// unpack reads little-endian bytes into a slice of numbers.
func unpack(t *testing.T, bytes []byte, values any) {
	t.Helper()
	if _, err := binary.Decode(bytes, binary.LittleEndian, values); err != nil {
		t.Fatal(err)
	}
}

// run is a request that keeps the model `endless` busy for `steps` steps.
func run(t *testing.T, steps int64) *inference.ModelInferRequest {
	return rawRequest("endless",
		[]*input{tensor("x", "FP32", 1), tensor("steps", "INT64", 1)},
		packed(t, []float32{0}), packed(t, []int64{steps}))
}

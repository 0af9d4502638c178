package clients

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
)

type knownTensor struct {
	Name, Datatype string
	Shape          []int64
	Values         []float64
}

type knownAnswer struct {
	Model           string
	Inputs, Outputs []knownTensor
}

// known is a request with what eager PyTorch answers, of $SCONCE_ANSWERS.
func known(t *testing.T, model string) knownAnswer {
	t.Helper()
	text, err := os.ReadFile(os.Getenv("SCONCE_ANSWERS"))
	if err != nil {
		t.Fatal(err)
	}
	var all []knownAnswer
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for _, answer := range all {
		if answer.Model == model {
			return answer
		}
	}
	t.Fatalf("no answer of %s is known", model)
	return knownAnswer{}
}

func convert[T float32 | int64](values []float64) []T {
	converted := make([]T, len(values))
	for i, value := range values {
		converted[i] = T(value)
	}
	return converted
}

func checkAnswer(t *testing.T, want knownAnswer, typed bool) {
	t.Helper()
	from := want.Inputs[0]
	in := tensor(from.Name, from.Datatype, from.Shape...)
	request := rawRequest(want.Model, []*input{in})
	floats, ints := convert[float32](from.Values), convert[int64](from.Values)
	switch {
	case typed && from.Datatype == "FP32":
		in.Contents = &contents{Fp32Contents: floats}
	case typed:
		in.Contents = &contents{Int64Contents: ints}
	case from.Datatype == "FP32":
		request.RawInputContents = [][]byte{packed(t, floats)}
	default:
		request.RawInputContents = [][]byte{packed(t, ints)}
	}
	answer := infer(t, newClient(t), request)
	to := want.Outputs[0]
	got := answer.Outputs[0]
	if got.Name != to.Name || got.Datatype != "FP32" || !slices.Equal(got.Shape, to.Shape) {
		t.Fatalf("got %v, want %s FP32 %v", got, to.Name, to.Shape)
	}
	values := make([]float32, len(to.Values))
	unpack(t, answer.RawOutputContents[0], values)
	for i, value := range to.Values {
		if math.Abs(float64(values[i])-value) > 1e-5+1e-4*math.Abs(value) {
			t.Errorf("%s[%d] is %v, want %v", to.Name, i, values[i], value)
		}
	}
}

func TestFp32AsRawBytes(t *testing.T)       { checkAnswer(t, known(t, "mlp"), false) }
func TestFp32AsTypedContents(t *testing.T)  { checkAnswer(t, known(t, "mlp"), true) }
func TestInt64AsRawBytes(t *testing.T)      { checkAnswer(t, known(t, "embed"), false) }
func TestInt64AsTypedContents(t *testing.T) { checkAnswer(t, known(t, "embed"), true) }

var texts = [][]byte{[]byte("he\x00llo"), {}, []byte("häßlich"), []byte("😀")}

func packedTexts() []byte {
	var all []byte
	for _, text := range texts {
		all = binary.LittleEndian.AppendUint32(all, uint32(len(text)))
		all = append(all, text...)
	}
	return all
}

func checkTexts(t *testing.T, typed *contents, raw ...[]byte) {
	t.Helper()
	in := tensor("INPUT0", "BYTES", 1, int64(len(texts)))
	in.Contents = typed
	answer := infer(t, newClient(t), rawRequest("simple_identity", []*input{in}, raw...))
	if got := answer.Outputs[0]; got.Name != "OUTPUT0" || got.Datatype != "BYTES" ||
		!slices.Equal(got.Shape, in.Shape) {
		t.Errorf("got %v", got)
	}
	if !bytes.Equal(answer.RawOutputContents[0], packedTexts()) {
		t.Errorf("got %q", answer.RawOutputContents[0])
	}
}

func TestBytesAsRawBytes(t *testing.T) { checkTexts(t, nil, packedTexts()) }

func TestBytesAsTypedContents(t *testing.T) {
	checkTexts(t, &contents{BytesContents: texts})
}

func TestMessageAbove4MbBothWays(t *testing.T) {
	const size = 2 << 20
	sent := make([]float32, size)
	for i := range sent {
		sent[i] = float32(i % 65536)
	}
	raw := packed(t, sent)
	answer := infer(t, newClient(t),
		rawRequest("identity", []*input{tensor("x", "FP32", size)}, raw))
	if !bytes.Equal(answer.RawOutputContents[0], raw) {
		t.Error("the answer differs from what was sent")
	}
}

func TestTheLimitOf4MbOnAnswersIsTheClients(t *testing.T) {
	const size = 5 << 20
	request := rawRequest("identity", []*input{tensor("x", "UINT8", size)}, make([]byte, size))
	_, err := newClient(t).ModelInfer(withPatience(t), request, grpc.MaxCallRecvMsgSize(4<<20))
	wantCode(t, err, codes.ResourceExhausted)
}

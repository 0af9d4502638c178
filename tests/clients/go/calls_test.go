package clients

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	health "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"

	"sconce.invalid/clients/inference"
)

func TestTheServerTellsWhatItIs(t *testing.T) {
	c, ctx := newClient(t), withPatience(t)
	live, err := c.ServerLive(ctx, &inference.ServerLiveRequest{})
	if err != nil || !live.Live {
		t.Errorf("live: %v, %v", live, err)
	}
	ready, err := c.ServerReady(ctx, &inference.ServerReadyRequest{})
	if err != nil || !ready.Ready {
		t.Errorf("ready: %v, %v", ready, err)
	}
	about, err := c.ServerMetadata(ctx, &inference.ServerMetadataRequest{})
	if err != nil || about.Name != "triton" {
		t.Errorf("metadata: %v, %v", about, err)
	}
}

func TestAModelTellsWhatItTakes(t *testing.T) {
	c, ctx := newClient(t), withPatience(t)
	about, err := c.ModelMetadata(ctx, &inference.ModelMetadataRequest{Name: "simple"})
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"INPUT0", "INPUT1"} {
		got := about.Inputs[i]
		if got.Name != name || got.Datatype != "INT32" || !slices.Equal(got.Shape, []int64{-1, 16}) {
			t.Errorf("input %d: %v", i, got)
		}
	}
	answer, err := c.ModelConfig(ctx, &inference.ModelConfigRequest{Name: "simple"})
	if err != nil || answer.Config.MaxBatchSize != 8 {
		t.Errorf("config: %v, %v", answer, err)
	}
}

func TestAWrongShape(t *testing.T) {
	request := rawRequest("simple",
		[]*input{tensor("INPUT0", "INT32", 1, 3), tensor("INPUT1", "INT32", 1, 3)},
		packed(t, []int32{1, 2, 3}), packed(t, []int32{1, 2, 3}))
	_, err := newClient(t).ModelInfer(withPatience(t), request)
	got := wantCode(t, err, codes.InvalidArgument).Message()
	const want = "unexpected shape for input 'INPUT0' for model 'simple'. " +
		"Expected [-1,16], got [1,3]"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAnUnknownModel(t *testing.T) {
	_, err := newClient(t).ModelInfer(withPatience(t), rawRequest("nobody", nil))
	if got := wantCode(t, err, codes.NotFound).Message(); !strings.Contains(got, "'nobody'") {
		t.Errorf("got %q", got)
	}
}

func TestAnRpcThatIsNotOffered(t *testing.T) {
	_, err := newClient(t).LogSettings(withPatience(t), &inference.LogSettingsRequest{})
	wantCode(t, err, codes.Unimplemented)
}

// Both end what the model does, so the next request is soon answered.
func TestADeadlineEndsARun(t *testing.T) {
	c := newClient(t)
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	_, err := c.ModelInfer(ctx, run(t, 1e12))
	wantCode(t, err, codes.DeadlineExceeded)
	infer(t, c, run(t, 3))
}

func TestACallThatIsCancelled(t *testing.T) {
	c := newClient(t)
	ctx, cancel := context.WithCancel(withPatience(t))
	cancelled := make(chan error, 1)
	go func() {
		_, err := c.ModelInfer(ctx, run(t, 1e12))
		cancelled <- err
	}()
	cancel()
	wantCode(t, <-cancelled, codes.Canceled)
	infer(t, c, run(t, 3))
}

func TestMetadataOfTheClientChangesNothing(t *testing.T) {
	ctx := metadata.AppendToOutgoingContext(withPatience(t),
		"x-request-id", "seventeen", "trace-bin", "\x00\xff")
	request := run(t, 2)
	request.Id = "seventeen"
	var trailer metadata.MD
	answer, err := newClient(t).ModelInfer(ctx, request, grpc.Trailer(&trailer))
	if err != nil || answer.Id != "seventeen" {
		t.Errorf("answer %v, %v", answer, err)
	}
}

func TestHealthOfTheServerAndOfAModel(t *testing.T) {
	c := health.NewHealthClient(connect(t, serverAddress()))
	for _, service := range []string{"", "simple"} {
		answer, err := c.Check(withPatience(t), &health.HealthCheckRequest{Service: service})
		if err != nil || answer.Status != health.HealthCheckResponse_SERVING {
			t.Errorf("health of %q: %v, %v", service, answer, err)
		}
	}
	_, err := c.Check(withPatience(t), &health.HealthCheckRequest{Service: "nobody"})
	wantCode(t, err, codes.NotFound)
}

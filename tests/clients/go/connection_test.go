package clients

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/keepalive"

	"sconce.invalid/clients/inference"
)

// relay passes TCP connections on to the server. A channel has an entry for
// each of them, another for each keepalive ping that the server answered.
type relay struct {
	listener net.Listener
	accepted chan struct{}
	pings    chan struct{}
}

func listen(t *testing.T, address string) *relay {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	r := &relay{listener, make(chan struct{}, 1000), make(chan struct{}, 1000)}
	go r.serve()
	return r
}

func (r *relay) serve() {
	for {
		client, err := r.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", serverAddress())
		if err != nil {
			client.Close()
			return
		}
		r.accepted <- struct{}{}
		go func() {
			defer server.Close()
			io.Copy(server, client)
		}()
		go r.passFrames(server, client)
	}
}

// passFrames reads what a server sends as HTTP/2 frames: 3 bytes of length,
// the type, the flags, 4 bytes of stream, and the payload.
func (r *relay) passFrames(server, client net.Conn) {
	defer client.Close()
	const ping, ack = 6, 1
	header, none := make([]byte, 9), make([]byte, 8)
	for {
		if _, err := io.ReadFull(server, header); err != nil {
			return
		}
		length := int(header[0])<<16 | int(header[1])<<8 | int(header[2])
		payload := make([]byte, length)
		if _, err := io.ReadFull(server, payload); err != nil {
			return
		}
		// grpc-go's other pings, which measure the path, have a payload.
		if header[3] == ping && header[4] == ack && bytes.Equal(payload, none) {
			r.pings <- struct{}{}
		}
		if _, err := client.Write(append(header[:9:9], payload...)); err != nil {
			return
		}
	}
}

// unused is an address that nobody listens on.
func unused(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func TestWithoutWaitingAServerThatIsNotThereIsUnavailable(t *testing.T) {
	c := inference.NewGRPCInferenceServiceClient(connect(t, unused(t)))
	_, err := c.ServerLive(withPatience(t), &inference.ServerLiveRequest{})
	wantCode(t, err, codes.Unavailable)
}

func TestWaitForReadyOutlastsTheStartOfTheServer(t *testing.T) {
	address := unused(t)
	connection := connect(t, address)
	c := inference.NewGRPCInferenceServiceClient(connection)
	answered := make(chan error, 1)
	go func() {
		_, err := c.ModelInfer(withPatience(t), run(t, 1), grpc.WaitForReady(true))
		answered <- err
	}()
	for state := connection.GetState(); state != connectivity.TransientFailure; {
		if !connection.WaitForStateChange(withPatience(t), state) {
			t.Fatalf("the connection stays %v", state)
		}
		state = connection.GetState()
	}
	listen(t, address)
	if err := <-answered; err != nil {
		t.Error(err)
	}
}

// 10 s is the shortest time that grpc-go lets a client choose.
func TestKeepalivePingsOfAnIdleClientAreAnswered(t *testing.T) {
	r := listen(t, "127.0.0.1:0")
	c := inference.NewGRPCInferenceServiceClient(connect(t, r.listener.Addr().String(),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time: 10 * time.Second, Timeout: time.Second, PermitWithoutStream: true})))
	ask := func() {
		if _, err := c.ServerLive(withPatience(t), &inference.ServerLiveRequest{}); err != nil {
			t.Fatal(err)
		}
	}
	ask()
	select {
	case <-r.pings:
	case <-time.After(patience):
		t.Fatal("the server answered no ping")
	}
	ask()
	if connections := len(r.accepted); connections != 1 {
		t.Errorf("%d connections", connections)
	}
}

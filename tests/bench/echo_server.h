// The least a gRPC server can do with a ModelInfer: hand the bytes back.

#ifndef TESTS_BENCH_ECHO_SERVER_H_
#define TESTS_BENCH_ECHO_SERVER_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <vector>

#include "inference/grpc_service.grpc.pb.h"

namespace sconce::bench {

struct EchoOptions {
  std::string listen = "127.0.0.1";
  int port = 0;
  // Completion queues; each has one thread.
  int queues = 1;
  // Calls that wait for a request on each queue.
  int slots = 256;
  // Gather the request into one block first, as a server must that needs a
  // tensor in one piece.
  bool gather = false;
};

// Answers ModelInfer with the request's own bytes, taken and returned raw, over
// asynchronous completion queues. To the questions that clients ask before it
// says that every model has one input `x` of any number of FP32; all others it
// leaves unanswered. One thread constructs it and calls
// Serve.
class EchoServer {
 public:
  explicit EchoServer(const EchoOptions& options);
  ~EchoServer();

  // The port that was bound; 0 when binding failed.
  int port() const { return port_; }

  // Serves until the process ends.
  void Serve();

 private:
  // Without a synchronous method: gRPC would start threads of its own for one,
  // which then compete for the sockets' events.
  using Raw = inference::GRPCInferenceService;
  using Service = Raw::WithRawMethod_ModelInfer<
      Raw::WithRawMethod_ModelConfig<Raw::WithRawMethod_ModelMetadata<
          Raw::WithRawMethod_ServerMetadata<Raw::AsyncService>>>>;
  class Call;

  void ServeQueue(grpc::ServerCompletionQueue* queue);

  const EchoOptions options_;
  Service service_;
  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace sconce::bench

#endif  // TESTS_BENCH_ECHO_SERVER_H_

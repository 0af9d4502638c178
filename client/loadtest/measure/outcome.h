// Outcome: what became of one request.
#ifndef CLIENT_LOADTEST_MEASURE_OUTCOME_H_
#define CLIENT_LOADTEST_MEASURE_OUTCOME_H_

#include <grpcpp/support/status.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace sconce::load {

// What the server says that it did with a request (response parameters of
// `timings: true`).
struct ServerTimes {
  std::chrono::nanoseconds queue{0};
  std::chrono::nanoseconds compute{0};  // input, model and output together
};

struct Outcome {
  using Time = std::chrono::steady_clock::time_point;

  size_t entry = 0;  // index in the mix
  Time due;          // when it was to be sent: every latency counts from here
  Time sent;         // when it was handed to gRPC
  Time done;         // when its answer or error came
  grpc::StatusCode code = grpc::StatusCode::OK;
  std::string error;  // of any other code: the text that came with it
  std::optional<ServerTimes> server;
  bool checked = false;
  std::optional<std::string> fault;  // of a checked answer
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_MEASURE_OUTCOME_H_

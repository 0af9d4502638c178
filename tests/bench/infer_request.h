// The requests of a load client, serialised once.

#ifndef TESTS_BENCH_INFER_REQUEST_H_
#define TESTS_BENCH_INFER_REQUEST_H_

#include <grpcpp/support/byte_buffer.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/bench/response_check.h"

namespace sconce::bench {

struct InferRequest {
  grpc::ByteBuffer message;
  std::optional<ResponseCheck> check;  // none: any answer will do
};

// Reads the messages of `files` and, where `answers` is not empty, the right
// answer for each. Throws std::runtime_error when the numbers differ.
std::vector<InferRequest> ReadRequests(const std::vector<std::string>& files,
                                       const std::vector<std::string>& answers,
                                       double tolerance);

}  // namespace sconce::bench

#endif  // TESTS_BENCH_INFER_REQUEST_H_

// Decides whether an answer is the right one.

#ifndef TESTS_BENCH_RESPONSE_CHECK_H_
#define TESTS_BENCH_RESPONSE_CHECK_H_

#include <grpcpp/support/byte_buffer.h>

#include <string>

namespace sconce::bench {

// Compares answers with the expected one. Immutable after construction.
class ResponseCheck {
 public:
  // `expected` holds the expected message. With a `tolerance` above 0, answers
  // that differ in their bytes are read as ModelInferResponse and FP32 tensors
  // may differ by tolerance * (1 + |expected|): the rounding of a model's
  // answer depends on the batch it was computed in.
  ResponseCheck(std::string expected, double tolerance);

  bool Accepts(const grpc::ByteBuffer& answer) const;

 private:
  const std::string expected_;
  const double tolerance_;
};

}  // namespace sconce::bench

#endif  // TESTS_BENCH_RESPONSE_CHECK_H_

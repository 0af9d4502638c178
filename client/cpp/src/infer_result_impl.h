// InferResult::Impl: an answer and where its outputs lie.
#ifndef CLIENT_CPP_SRC_INFER_RESULT_IMPL_H_
#define CLIENT_CPP_SRC_INFER_RESULT_IMPL_H_

#include <grpcpp/support/byte_buffer.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "client/cpp/src/answer_parts.h"
#include "client/cpp/src/mutex.h"
#include "sconce/infer_result.h"

namespace sconce {
inline namespace client {

// Thread-safe.
class InferResult::Impl {
 public:
  struct Output {
    const inference::ModelInferResponse::InferOutputTensor* described;
    AnswerParts::Pieces pieces;
  };

  // INTERNAL for a malformed answer. A streamed one may be an error: UNKNOWN.
  static absl::StatusOr<InferResult> Read(const grpc::ByteBuffer& message,
                                          bool streamed);

  Impl() = default;

  const AnswerParts& parts() const { return parts_; }
  const std::vector<std::string>& names() const { return names_; }

  // Null when there is none of this name.
  const Output* Find(absl::string_view name) const;

  // The bytes of `output` in one piece at a multiple of `alignment`.
  absl::Span<const uint8_t> InOnePiece(const Output& output,
                                       size_t alignment) const
      ABSL_LOCKS_EXCLUDED(mu_);

 private:
  // An output that was joined or copied.
  struct Joined {
    const Output* output;
    std::unique_ptr<uint8_t[]> bytes;
    size_t size;
  };

  absl::Status FindOutputs();

  // Constant after Read().
  AnswerParts parts_;
  std::vector<Output> outputs_;
  std::vector<std::string> names_;
  std::deque<std::string> typed_;  // bytes of outputs that came as numbers

  mutable Mutex mu_;
  mutable std::vector<Joined> joined_ ABSL_GUARDED_BY(mu_);
};

}  // namespace client
}  // namespace sconce

#endif  // CLIENT_CPP_SRC_INFER_RESULT_IMPL_H_

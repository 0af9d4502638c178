// InferResult: a model's answer.
#ifndef CLIENT_CPP_INCLUDE_SCONCE_INFER_RESULT_H_
#define CLIENT_CPP_INCLUDE_SCONCE_INFER_RESULT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "sconce/parameter.h"
#include "sconce/tensor_view.h"

namespace sconce {
inline namespace client {

// The outputs lie where the network put them and live as long as the result
// (or the one that it was moved to). Immutable; thread-safe.
class InferResult {
 public:
  class Impl;

  explicit InferResult(std::unique_ptr<const Impl> impl);
  InferResult(InferResult&&) noexcept;
  InferResult& operator=(InferResult&&) noexcept;
  ~InferResult();

  const std::string& model_name() const;
  const std::string& model_version() const;  // the one that answered
  const std::string& id() const;             // of the request

  // In the order of the answer.
  const std::vector<std::string>& output_names() const;

  // An output in one piece, aligned for its type. What came in one aligned
  // piece is not copied; large outputs mostly come in several, which the first
  // call joins. NOT_FOUND names the outputs that there are.
  absl::StatusOr<TensorView> Output(absl::string_view name) const;

  // An output as the pieces that the network delivered; never copies.
  // NOT_FOUND as above.
  absl::StatusOr<std::vector<absl::Span<const uint8_t>>> OutputPieces(
      absl::string_view name) const;

  // Copies an output into memory of the caller, once. NOT_FOUND as above,
  // INVALID_ARGUMENT when `to` has another size.
  absl::Status CopyOutput(absl::string_view name, absl::Span<uint8_t> to) const;

  // A parameter of the answer, e.g. "queue_ns"; nothing when it has none.
  std::optional<ParameterValue> Parameter(absl::string_view name) const;

 private:
  std::unique_ptr<const Impl> impl_;
};

}  // namespace client
}  // namespace sconce

#endif  // CLIENT_CPP_INCLUDE_SCONCE_INFER_RESULT_H_

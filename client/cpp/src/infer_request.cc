#include "sconce/infer_request.h"

#include <utility>

namespace sconce {
inline namespace client {

InferRequest::InferRequest(std::string model, std::string version)
    : model_(std::move(model)), version_(std::move(version)) {}

InferRequest& InferRequest::AddInput(std::string name,
                                     const TensorView& tensor) {
  return AddInput(std::move(name), tensor, nullptr);
}

InferRequest& InferRequest::AddInput(std::string name, const TensorView& tensor,
                                     std::shared_ptr<const void> owner) {
  inputs_.push_back({std::move(name), tensor, std::move(owner)});
  return *this;
}

InferRequest& InferRequest::AddStrings(
    std::string name, absl::Span<const absl::string_view> values,
    absl::Span<const int64_t> shape) {
  // Shared: copies of the request refer to the same bytes.
  auto bytes = std::make_shared<const std::string>(EncodeStrings(values));
  const TensorView tensor(
      DataType::kBytes, shape,
      absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(bytes->data()),
                          bytes->size()));
  return AddInput(std::move(name), tensor, std::move(bytes));
}

InferRequest& InferRequest::AddOutput(std::string name) {
  outputs_.push_back(std::move(name));
  return *this;
}

InferRequest& InferRequest::SetId(std::string id) {
  id_ = std::move(id);
  return *this;
}

InferRequest& InferRequest::SetPriority(uint64_t priority) {
  return SetParameter("priority", priority);
}

InferRequest& InferRequest::SetParameter(std::string name,
                                         ParameterValue value) {
  parameters_[std::move(name)] = std::move(value);
  return *this;
}

InferRequest& InferRequest::SetSequence(uint64_t id, bool start, bool end) {
  SetParameter("sequence_id", id);
  SetParameter("sequence_start", start);
  return SetParameter("sequence_end", end);
}

bool InferRequest::in_sequence() const {
  return parameters_.count("sequence_id") > 0;
}

}  // namespace client
}  // namespace sconce

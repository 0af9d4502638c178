#include "client/loadtest/payload/request_message.h"

#include <memory>
#include <utility>

#include "client/cpp/src/request_encoder.h"
#include "sconce/infer_request.h"

namespace sconce::load {

absl::StatusOr<grpc::ByteBuffer> MakeMessage(const EntrySpec& entry,
                                             NamedTensors inputs,
                                             bool timings) {
  // Shared: each slice of the message keeps all of the inputs.
  const auto owned = std::make_shared<const NamedTensors>(std::move(inputs));
  InferRequest request(entry.model, entry.version);
  for (const auto& [name, tensor] : *owned) {
    request.AddInput(name, tensor.view(), owned);
  }
  if (timings) request.SetParameter("timings", true);
  return EncodeRequest(request, nullptr);
}

}  // namespace sconce::load

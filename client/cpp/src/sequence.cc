#include <utility>

#include "sconce/infer_stream.h"

namespace sconce {
inline namespace client {

Sequence::Sequence(InferStream stream, uint64_t id)
    : stream_(std::move(stream)), id_(id) {}

absl::StatusOr<InferResult> Sequence::Infer(InferRequest request, bool last) {
  request.SetSequence(id_, !begun_, last);
  const absl::Status sent = stream_.Send(request);
  if (!sent.ok()) return sent;
  auto result = stream_.Receive();
  // A first step that failed has begun nothing.
  if (result.ok()) begun_ = true;
  return result;
}

}  // namespace client
}  // namespace sconce

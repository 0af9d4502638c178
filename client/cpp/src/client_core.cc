#include "client/cpp/src/client_core.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sconce {
inline namespace client {

ClientCore::ClientCore(ClientOptions chosen)
    : options(std::move(chosen)), channels(options), threads(options.threads) {}

ClientCore::~ClientCore() { calls.CancelAll(); }

absl::Status ClientCore::Prepare(const CallOptions& call, absl::Time deadline,
                                 grpc::ClientContext* context) const {
  if (deadline != absl::InfiniteFuture()) {
    context->set_deadline(absl::ToChronoTime(deadline));
  }
  context->set_wait_for_ready(call.wait_for_ready);
  for (const auto& [name, value] : call.headers) {
    context->AddMetadata(name, value);
  }
  if (!options.token) return absl::OkStatus();
  const auto token = options.token();
  if (!token.ok()) return token.status();
  context->AddMetadata("authorization", absl::StrCat("Bearer ", *token));
  return absl::OkStatus();
}

}  // namespace client
}  // namespace sconce

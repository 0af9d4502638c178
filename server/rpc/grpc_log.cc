#include "server/rpc/grpc_log.h"

#include <grpc/support/log.h>

#include <cstdlib>
#include <optional>

#include "server/base/clock.h"
#include "server/telemetry/log.h"
#include "server/telemetry/log_limit.h"

namespace sconce {
namespace {

// Clients cause most of these, and no request is answered otherwise for one.
void Tell(gpr_log_func_args* args) {
  static auto* const limit = new LogLimit;  // gRPC's threads outlive all else
  const std::optional<int> left_out = limit->Take(Clock::Real()->Now());
  if (!left_out) return;
  LogWarning("gRPC complains",
             {{"text", args->message}, {"left_out", *left_out}});
}

}  // namespace

void TakeGrpcLog() {
  if (std::getenv("GRPC_VERBOSITY") == nullptr) gpr_set_log_function(&Tell);
}

}  // namespace sconce

#include "server/rpc/health_service.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "server/rpc/unary_call.h"

namespace sconce {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

absl::Status Check(const HealthStates& states, const std::string& service,
                   HealthCheckResponse* response) {
  const HealthStatus status = states.Get(service);
  if (status == HealthCheckResponse::SERVICE_UNKNOWN) {
    return absl::NotFoundError(absl::StrCat(
        "health of '", service,
        "' is unknown; expected the name of a model, '' for the server or '",
        kLiveService, "' for the process"));
  }
  response->set_status(status);
  return absl::OkStatus();
}

}  // namespace

void HealthService::Serve(CallQueue* queue) {
  auto check =
      std::make_shared<UnaryMethod<HealthCheckRequest, HealthCheckResponse>>();
  check->request = [this](auto* context, auto* request, auto* responder,
                          auto* q, void* tag) {
    service_.RequestCheck(context, request, responder, q, q, tag);
  };
  check->handle = [this](const auto& request, auto* response) {
    return Check(states_, request.service(), response);
  };
  UnaryCall<HealthCheckRequest, HealthCheckResponse>::Post(std::move(check),
                                                           queue);
  WatchCall::Post(&service_, &states_, queue);
}

}  // namespace sconce

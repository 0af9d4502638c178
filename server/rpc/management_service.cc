#include "server/rpc/management_service.h"

#include <chrono>
#include <string>

#include "server/rpc/model_description.h"
#include "server/rpc/unary_call.h"

namespace sconce {
namespace {

using management::v1::ServerInfoRequest;
using management::v1::ServerInfoResponse;

void Describe(const ServerFacts& facts, ServerInfoResponse* response) {
  response->set_name(facts.name);
  response->set_version(facts.version);
  response->set_libtorch_version(facts.libtorch_version);
  response->mutable_start_time()->set_seconds(
      absl::ToUnixSeconds(facts.start_time));
  const auto uptime = Clock::Real()->Now() - facts.start;
  response->mutable_uptime()->set_seconds(
      std::chrono::duration_cast<std::chrono::seconds>(uptime).count());
  auto* lanes = response->add_execution_lanes();
  lanes->set_device("cpu");
  lanes->set_count(static_cast<uint32_t>(facts.lanes));
  lanes->set_intra_op_threads_per_lane(
      static_cast<uint32_t>(facts.threads_per_lane));
  response->set_model_repository_count(
      static_cast<uint32_t>(facts.model_repositories));
}

}  // namespace

void ManagementService::Serve(CallQueue* queue) {
  using S = management::v1::Management::AsyncService;
  PostUnary(&service_, queue, &S::RequestServerInfo,
            [this](const auto&, auto* response) {
              Describe(facts_, response);
              return absl::OkStatus();
            });
  PostUnary(&service_, queue, &S::RequestGetModel,
            [this](const auto& request, auto* response) {
              return DescribeModel(*manager_, request, response);
            });
}

}  // namespace sconce

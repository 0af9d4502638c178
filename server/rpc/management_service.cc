#include "server/rpc/management_service.h"

#include <chrono>
#include <string>

#include "server/rpc/deferred_call.h"
#include "server/rpc/model_changes.h"
#include "server/rpc/model_description.h"
#include "server/rpc/model_examples.h"
#include "server/rpc/model_list.h"
#include "server/rpc/unary_call.h"
#include "server/rpc/upload_call.h"
#include "server/rpc/watch_models_call.h"

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

absl::Status NoControl() {
  return absl::UnimplementedError(
      "this server's models cannot be changed by RPC");
}

absl::Status FindUpload(const ModelControl& control,
                        const management::v1::GetUploadRequest& request,
                        management::v1::GetUploadResponse* response) {
  UploadRequest upload;
  upload.model = request.name();
  upload.version = request.version();
  upload.sha256 = request.sha256();
  const auto offset = control.UploadOffset(upload);
  if (offset.ok()) response->set_offset(*offset);
  return offset.status();
}

}  // namespace

void ManagementService::Serve(CallQueue* queue) {
  ServeReports(queue);
  ServeChanges(queue);
  WatchModelsCall::Post(&service_, &context_, &streams_, queue);
}

void ManagementService::ServeReports(CallQueue* queue) {
  using S = AsyncManagementService;
  const ManagementContext* const c = &context_;
  PostUnary(&service_, queue, &S::RequestServerInfo,
            [c](const auto&, auto* response) {
              Describe(c->facts, response);
              return absl::OkStatus();
            });
  PostUnary(&service_, queue, &S::RequestGetModel,
            [c](const auto& request, auto* response) {
              return DescribeModel(*c->manager, c->control, request, response);
            });
  PostUnary(&service_, queue, &S::RequestListModels,
            [c](const auto&, auto* response) {
              ListModels(*c->manager, c->control, response);
              return absl::OkStatus();
            });
}

void ManagementService::ServeChanges(CallQueue* queue) {
  using S = AsyncManagementService;
  ModelControl* const control = context_.control;
  const auto defer = [&](auto request, auto handle) {
    PostDeferred(&service_, queue, request,
                 [control, handle](auto* q, auto* r, DeferredDone done) {
                   if (control == nullptr) return done(NoControl());
                   handle(control, *q, r, std::move(done));
                 });
  };
  // For those whose response is empty.
  const auto change = [&](auto request, auto handle) {
    defer(request, [handle](auto* to, const auto& q, auto*, DeferredDone done) {
      handle(to, q, std::move(done));
    });
  };
  change(&S::RequestLoadModel, &LoadModel);
  change(&S::RequestUnloadModel, &UnloadModel);
  change(&S::RequestDeleteVersion, &DeleteVersion);
  change(&S::RequestSetAliases, &SetAliases);
  change(&S::RequestSetTraffic, &SetTraffic);
  defer(&S::RequestRollback, &Rollback);
  defer(&S::RequestInspectModel, &InspectModel);
  defer(&S::RequestGetModelExamples,
        [manager = context_.manager](auto* to, const auto& q, auto* r,
                                     DeferredDone done) {
          GetModelExamples(*manager, to, q, r, std::move(done));
        });
}

void ManagementService::ServeUploads(CallQueue* queue) {
  using S = AsyncManagementService;
  const ModelControl* const control = context_.control;
  PostUnary(&service_, queue, &S::RequestGetUpload,
            [control](const auto& request, auto* response) {
              return control == nullptr
                         ? NoControl()
                         : FindUpload(*control, request, response);
            });
  UploadCall::Post(&service_, &context_, queue);
}

}  // namespace sconce

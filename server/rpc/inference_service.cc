#include "server/rpc/inference_service.h"

#include <functional>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

#include "server/rpc/deferred_call.h"
#include "server/rpc/infer_call.h"
#include "server/rpc/model_reports.h"
#include "server/rpc/repository_calls.h"
#include "server/rpc/repository_index.h"
#include "server/rpc/stream_infer_call.h"
#include "server/rpc/unary_call.h"

namespace sconce {
namespace {

// ModelInfer calls that wait on a queue at any time. A burst beyond them waits
// inside gRPC until the thread posts the next, so it is no limit.
constexpr int kWaitingInferCalls = 64;

// The protocol's extensions whose RPCs or fields do something here, and our
// own: `timings` is the request parameter of that name.
constexpr const char* kExtensions[] = {"model_configuration",
                                       "statistics",
                                       "parameters",
                                       "sequence",
                                       "model_repository",
                                       "model_repository(unload_dependents)",
                                       "timings"};

absl::Status Unimplemented(absl::string_view what) {
  return absl::UnimplementedError(
      absl::StrCat(what,
                   " is not served by this server; ServerMetadata lists "
                   "the extensions that are"));
}

}  // namespace

void InferenceService::Serve(CallQueue* queue) {
  for (int i = 0; i < kWaitingInferCalls; ++i) {
    InferCall::Post(&service_, &context_, queue);
  }
  StreamInferCall::Post(&service_, &context_, &streams_, queue);
  ServeReports(queue);
  ServeControl(queue);
  ServeUnimplemented(queue);
}

void InferenceService::ServeReports(CallQueue* queue) {
  using S = AsyncInferenceService;
  const InferenceContext* const c = &context_;
  PostUnary(&service_, queue, &S::RequestServerLive,
            [](const auto&, auto* response) {
              response->set_live(true);
              return absl::OkStatus();
            });
  PostUnary(&service_, queue, &S::RequestServerReady,
            [c](const auto&, auto* response) {
              response->set_ready(c->is_ready());
              return absl::OkStatus();
            });
  PostUnary(&service_, queue, &S::RequestServerMetadata,
            [c](const auto&, auto* response) {
              response->set_name(c->server_name);
              response->set_version(c->server_version);
              for (const char* extension : kExtensions) {
                response->add_extensions(extension);
              }
              return absl::OkStatus();
            });
  const auto report = [&](auto request, auto handle) {
    PostUnary(&service_, queue, request, [c, handle](const auto& q, auto* r) {
      return handle(*c->manager, q, r);
    });
  };
  report(&S::RequestModelReady, &ReportReady);
  report(&S::RequestModelMetadata, &ReportMetadata);
  report(&S::RequestModelConfig, &ReportConfig);
  report(&S::RequestModelStatistics, &ReportStatistics);
}

void InferenceService::ServeControl(CallQueue* queue) {
  using S = AsyncInferenceService;
  const InferenceContext* const c = &context_;
  PostUnary(&service_, queue, &S::RequestRepositoryIndex,
            [c](const auto& request, auto* response) {
              return ReportIndex(*c->manager, c->control, request, response);
            });
  PostDeferred(&service_, queue, &S::RequestRepositoryModelLoad,
               [c](auto* request, auto*, DeferredDone done) {
                 if (c->control == nullptr) {
                   return done(Unimplemented("RepositoryModelLoad"));
                 }
                 LoadRepositoryModel(c->control, request, std::move(done));
               });
  PostDeferred(&service_, queue, &S::RequestRepositoryModelUnload,
               [c](auto* request, auto*, DeferredDone done) {
                 if (c->control == nullptr) {
                   return done(Unimplemented("RepositoryModelUnload"));
                 }
                 UnloadRepositoryModel(c->control, *request, std::move(done));
               });
}

void InferenceService::ServeUnimplemented(CallQueue* queue) {
  using S = AsyncInferenceService;
  const auto refuse = [&](auto request, absl::string_view what) {
    PostUnary(&service_, queue, request,
              [what](const auto&, auto*) { return Unimplemented(what); });
  };
  refuse(&S::RequestSystemSharedMemoryStatus, "SystemSharedMemoryStatus");
  refuse(&S::RequestSystemSharedMemoryRegister, "SystemSharedMemoryRegister");
  refuse(&S::RequestSystemSharedMemoryUnregister,
         "SystemSharedMemoryUnregister");
  refuse(&S::RequestCudaSharedMemoryStatus, "CudaSharedMemoryStatus");
  refuse(&S::RequestCudaSharedMemoryRegister, "CudaSharedMemoryRegister");
  refuse(&S::RequestCudaSharedMemoryUnregister, "CudaSharedMemoryUnregister");
  refuse(&S::RequestTraceSetting, "TraceSetting");
  refuse(&S::RequestLogSettings, "LogSettings");
}

}  // namespace sconce

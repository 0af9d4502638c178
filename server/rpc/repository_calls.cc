#include "server/rpc/repository_calls.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "server/rpc/repository_parameters.h"

namespace sconce {
namespace {

absl::Status LoadFailed(const std::string& model, const absl::Status& why) {
  const char* const poll =
      absl::IsNotFound(why) ? ", failed to poll from model repository" : "";
  return absl::Status(why.code(), absl::StrCat("failed to load '", model, "'",
                                               poll, ": ", why.message()));
}

absl::Status UnloadFailed(const std::string& model, const absl::Status& why) {
  return absl::Status(why.code(), absl::StrCat("failed to unload '", model,
                                               "': ", why.message()));
}

}  // namespace

void LoadRepositoryModel(ModelControl* control,
                         inference::RepositoryModelLoadRequest* request,
                         ModelControl::Done done) {
  auto load = TakeLoadRequest(request);
  if (!load.ok()) return done(load.status());
  const std::string model = load->model;
  control->Load(*std::move(load),
                [model, done = std::move(done)](const absl::Status& status) {
                  done(status.ok() ? status : LoadFailed(model, status));
                });
}

void UnloadRepositoryModel(
    ModelControl* control,
    const inference::RepositoryModelUnloadRequest& request,
    ModelControl::Done done) {
  const absl::Status checked = CheckUnloadRequest(request);
  if (!checked.ok()) return done(checked);
  const std::string model = request.model_name();
  control->Unload(model, {},
                  [model, done = std::move(done)](const absl::Status& status) {
                    done(status.ok() ? status : UnloadFailed(model, status));
                  });
}

}  // namespace sconce

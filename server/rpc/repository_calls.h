// RepositoryModelLoad and RepositoryModelUnload.
#ifndef SERVER_RPC_REPOSITORY_CALLS_H_
#define SERVER_RPC_REPOSITORY_CALLS_H_

#include <functional>

#include "absl/status/status.h"

#include "inference/grpc_service.pb.h"
#include "server/core/model_control.h"

namespace sconce {

// Each answers one RPC by `done`, called once, now or later on any thread; none
// blocks. Errors are those of the request's parameters and of ModelControl,
// whose messages get the words that Triton's clients look for: "failed to
// load", and "failed to poll from model repository" where there is no such
// model.
void LoadRepositoryModel(ModelControl* control,
                         inference::RepositoryModelLoadRequest* request,
                         ModelControl::Done done);
void UnloadRepositoryModel(
    ModelControl* control,
    const inference::RepositoryModelUnloadRequest& request,
    ModelControl::Done done);

}  // namespace sconce

#endif  // SERVER_RPC_REPOSITORY_CALLS_H_

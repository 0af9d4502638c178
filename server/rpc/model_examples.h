// GetModelExamples: requests to try a model with, and the right answers.
#ifndef SERVER_RPC_MODEL_EXAMPLES_H_
#define SERVER_RPC_MODEL_EXAMPLES_H_

#include "management/v1/management.pb.h"
#include "server/core/manager.h"
#include "server/core/model_control.h"
#include "server/rpc/deferred_call.h"

namespace sconce {

// Answers the RPC by `done`, called once, now or later on any thread; does not
// block. `response` lives until then. Errors as Manager::GetHandle,
// NamedVersion and ModelControl::Examples.
void GetModelExamples(const Manager& manager, ModelControl* control,
                      const management::v1::GetModelExamplesRequest& request,
                      management::v1::GetModelExamplesResponse* response,
                      DeferredDone done);

}  // namespace sconce

#endif  // SERVER_RPC_MODEL_EXAMPLES_H_

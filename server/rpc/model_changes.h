// The RPCs of the management service that change something, and InspectModel.
#ifndef SERVER_RPC_MODEL_CHANGES_H_
#define SERVER_RPC_MODEL_CHANGES_H_

#include "management/v1/management.pb.h"
#include "server/core/model_control.h"
#include "server/rpc/deferred_call.h"

namespace sconce {

// Each answers one RPC by `done`, called once, now or later on any thread; none
// blocks. `response` lives until then. Errors are those of ModelControl, and
// INVALID_ARGUMENT for a request that cannot be meant.
void LoadModel(ModelControl* control,
               const management::v1::LoadModelRequest& request,
               DeferredDone done);
void UnloadModel(ModelControl* control,
                 const management::v1::UnloadModelRequest& request,
                 DeferredDone done);
void DeleteVersion(ModelControl* control,
                   const management::v1::DeleteVersionRequest& request,
                   DeferredDone done);
void SetAliases(ModelControl* control,
                const management::v1::SetAliasesRequest& request,
                DeferredDone done);
void SetTraffic(ModelControl* control,
                const management::v1::SetTrafficRequest& request,
                DeferredDone done);
void Rollback(ModelControl* control,
              const management::v1::RollbackRequest& request,
              management::v1::RollbackResponse* response, DeferredDone done);
void InspectModel(ModelControl* control,
                  const management::v1::InspectModelRequest& request,
                  management::v1::InspectModelResponse* response,
                  DeferredDone done);

}  // namespace sconce

#endif  // SERVER_RPC_MODEL_CHANGES_H_

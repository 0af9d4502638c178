// ListModels: every model and its versions.
#ifndef SERVER_RPC_MODEL_LIST_H_
#define SERVER_RPC_MODEL_LIST_H_

#include "management/v1/management.pb.h"
#include "server/core/manager.h"
#include "server/core/model_control.h"

namespace sconce {

// Answers the RPC: what is registered, and versions that only lie in a
// repository as UNAVAILABLE, "unloaded". `control` may be null. Thread-safe;
// does not block.
void ListModels(const Manager& manager, const ModelControl* control,
                management::v1::ListModelsResponse* response);

// Sets `aliases` and `traffic` of a ModelSummary or a GetModelResponse.
template <typename Message>
void SetRoutes(const ModelRoutes& routes, Message* message) {
  message->mutable_aliases()->insert(routes.aliases.begin(),
                                     routes.aliases.end());
  for (const TrafficShare& share : routes.traffic) {
    auto* const added = message->add_traffic();
    added->set_version(share.version);
    added->set_weight(share.weight);
  }
}

}  // namespace sconce

#endif  // SERVER_RPC_MODEL_LIST_H_

// Which sequence a ModelInferRequest belongs to.
#ifndef SERVER_RPC_SEQUENCE_PARAMETERS_H_
#define SERVER_RPC_SEQUENCE_PARAMETERS_H_

#include "absl/status/status.h"

#include "inference/grpc_service.pb.h"
#include "server/core/infer_task.h"

namespace sconce {

// Sets task->sequence from the parameters sequence_id, sequence_start and
// sequence_end. The ids 0 and "" mean that there is no sequence.
//   INVALID_ARGUMENT  a parameter has the wrong type, the id is too long, or
//                     a sequence starts or ends without an id
absl::Status ApplySequence(const inference::ModelInferRequest& request,
                           InferTask* task);

}  // namespace sconce

#endif  // SERVER_RPC_SEQUENCE_PARAMETERS_H_

// From a request on the wire to an InferTask.
#ifndef SERVER_RPC_INFER_CODEC_H_
#define SERVER_RPC_INFER_CODEC_H_

#include "absl/status/status.h"

#include "server/core/infer_task.h"
#include "server/rpc/infer_wire.h"
#include "server/rpc/request_parameters.h"

namespace sconce {

// Fills task->inputs and task->requested_outputs from `request`, and what the
// request's parameters say. Input bytes are borrowed from `request` and
// `packed`. What depends on the model is checked later, by the servable.
//   INVALID_ARGUMENT  a field is wrong; the message names it
//   UNIMPLEMENTED     shared memory, classification
absl::Status DecodeInferRequest(const WireRequest& request, InferTask* task,
                                PackedContents* packed);

}  // namespace sconce

#endif  // SERVER_RPC_INFER_CODEC_H_

// What the parameters of a ModelInferRequest mean.
#ifndef SERVER_RPC_REQUEST_PARAMETERS_H_
#define SERVER_RPC_REQUEST_PARAMETERS_H_

#include <cstdint>
#include <list>
#include <vector>

#include "absl/status/status.h"

#include "inference/grpc_service.pb.h"
#include "server/core/infer_task.h"

namespace sconce {

// Bytes made out of a request's parsed fields; keeps addresses stable.
using PackedContents = std::list<std::vector<uint8_t>>;

// `timeout` (microseconds from task->trace.received on) shortens
// task->deadline, `method` sets task->method, sequence_… set task->sequence,
// and those without a meaning of their own become task->parameters, whose
// bytes lie in `packed`.
//   INVALID_ARGUMENT  a type or value is wrong, a name reserved, or `method`
//                     is not the one that task->method already names
absl::Status DecodeParameters(const inference::ModelInferRequest& request,
                              InferTask* task, PackedContents* packed);

// Whether the request's parameter `timings` is set.
bool WantsTimings(const inference::ModelInferRequest& request);

// Whether a streamed answer is to be marked as the final one: the request's
// parameter `triton_enable_empty_final_response` is set.
bool WantsFinalResponse(const inference::ModelInferRequest& request);

}  // namespace sconce

#endif  // SERVER_RPC_REQUEST_PARAMETERS_H_

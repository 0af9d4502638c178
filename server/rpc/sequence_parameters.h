// Which sequence a ModelInferRequest belongs to.
#ifndef SERVER_RPC_SEQUENCE_PARAMETERS_H_
#define SERVER_RPC_SEQUENCE_PARAMETERS_H_

#include <optional>

#include "absl/status/statusor.h"

#include "inference/grpc_service.pb.h"
#include "server/core/sequence_place.h"

namespace sconce {

// The request's sequence, from its parameters sequence_id, sequence_start and
// sequence_end. Nothing with the ids 0 and "".
//   INVALID_ARGUMENT  a parameter has the wrong type, the id is too long, or
//                     a sequence starts or ends without an id
absl::StatusOr<std::optional<SequencePlace>> ParseSequence(
    const inference::ModelInferRequest& request);

}  // namespace sconce

#endif  // SERVER_RPC_SEQUENCE_PARAMETERS_H_

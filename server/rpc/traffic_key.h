// TrafficKey: which requests of a model stay together.
#ifndef SERVER_RPC_TRAFFIC_KEY_H_
#define SERVER_RPC_TRAFFIC_KEY_H_

#include <cstdint>
#include <optional>

#include "inference/grpc_service.pb.h"

namespace sconce {

// The request's parameter that is one, for requests without a sequence.
inline constexpr char kTrafficKeyParameter[] = "sconce.traffic_key";

// A hash of the sequence's id, else of the parameter; nothing when the request
// has neither, or one of a wrong type, which is refused elsewhere. The same in
// every process. Allocates nothing.
std::optional<uint64_t> TrafficKey(const inference::ModelInferRequest& request);

}  // namespace sconce

#endif  // SERVER_RPC_TRAFFIC_KEY_H_

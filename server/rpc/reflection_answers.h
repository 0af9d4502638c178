// What the reflection service answers.
#ifndef SERVER_RPC_REFLECTION_ANSWERS_H_
#define SERVER_RPC_REFLECTION_ANSWERS_H_

#include <string>
#include <vector>

#include "reflection/v1alpha/reflection.pb.h"

namespace sconce {

// The answer to one request, from the schema linked into the program.
// `services` are the full names of the services that are registered.
// Thread-safe.
grpc::reflection::v1alpha::ServerReflectionResponse AnswerReflection(
    const grpc::reflection::v1alpha::ServerReflectionRequest& request,
    const std::vector<std::string>& services);

}  // namespace sconce

#endif  // SERVER_RPC_REFLECTION_ANSWERS_H_

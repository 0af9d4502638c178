// BuildMix: from what was asked to messages that are ready to be sent.
#ifndef CLIENT_LOADTEST_PAYLOAD_BUILD_MIX_H_
#define CLIENT_LOADTEST_PAYLOAD_BUILD_MIX_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"

#include "client/loadtest/payload/entry_spec.h"
#include "client/loadtest/payload/mix.h"
#include "client/loadtest/payload/server_access.h"

namespace sconce::load {

// Asks the server about each model, and reads the files; blocks meanwhile. The
// mix depends on the arguments, the files and the models alone. Errors have one
// line that names the entry's model:
//   INVALID_ARGUMENT  a wrong setting, file, or input for the model
//   NOT_FOUND         no such file, model or version
//   UNAVAILABLE, DEADLINE_EXCEEDED, UNIMPLEMENTED
//                     nothing answers there, or another sort of server
absl::StatusOr<Mix> BuildMix(const std::vector<EntrySpec>& entries,
                             const ServerAccess& server, uint64_t seed);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_PAYLOAD_BUILD_MIX_H_

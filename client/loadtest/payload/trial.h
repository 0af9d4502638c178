// TryMix: one request of each entry, before the load.
#ifndef CLIENT_LOADTEST_PAYLOAD_TRIAL_H_
#define CLIENT_LOADTEST_PAYLOAD_TRIAL_H_

#include "absl/status/status.h"

#include "client/loadtest/payload/mix.h"
#include "client/loadtest/payload/server_access.h"

namespace sconce::load {

// A load of requests that the server refuses as wrong would measure how fast it
// refuses. INVALID_ARGUMENT names the entry and says what the server said. Any
// other outcome is the load's own matter. Blocks for at most ten seconds for
// each entry.
absl::Status TryMix(const Mix& mix, const ServerAccess& server);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_PAYLOAD_TRIAL_H_

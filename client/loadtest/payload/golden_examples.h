// Payloads from the golden examples of a model.
#ifndef CLIENT_LOADTEST_PAYLOAD_GOLDEN_EXAMPLES_H_
#define CLIENT_LOADTEST_PAYLOAD_GOLDEN_EXAMPLES_H_

#include <vector>

#include "absl/status/statusor.h"

#include "client/loadtest/payload/entry_spec.h"
#include "client/loadtest/payload/mix.h"
#include "client/loadtest/payload/server_access.h"

namespace sconce::load {

// Asks the management port for requests of the entry's model and method and the
// right answers to them. A value may be wrong by the entry's tolerance, or by
// what the exporter found for its type if that is more. Examples with empty
// inputs are left out: they cost next to nothing and would flatter the server.
// NOT_FOUND when the model has no others; FAILED_PRECONDITION when there is no
// management port; UNAVAILABLE and others when it does not answer, INTERNAL
// when it answers something else.
absl::StatusOr<std::vector<Payload>> GoldenPayloads(const EntrySpec& entry,
                                                    const ServerAccess& server,
                                                    bool timings);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_PAYLOAD_GOLDEN_EXAMPLES_H_

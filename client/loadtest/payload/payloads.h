// The messages of one entry of the mix.
#ifndef CLIENT_LOADTEST_PAYLOAD_PAYLOADS_H_
#define CLIENT_LOADTEST_PAYLOAD_PAYLOADS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"

#include "client/loadtest/payload/entry_spec.h"
#include "client/loadtest/payload/mix.h"
#include "client/loadtest/payload/model_description.h"

namespace sconce::load {

// The inputs that the entry gives, and made-up ones for the others that the
// model needs: then several different messages, else one. INVALID_ARGUMENT
// names the input that does not fit the model; NOT_FOUND a file.
absl::StatusOr<std::vector<Payload>> MakePayloads(const EntrySpec& entry,
                                                  const ModelDescription& model,
                                                  bool timings, uint64_t seed);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_PAYLOAD_PAYLOADS_H_

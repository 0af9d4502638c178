// The right outputs that an entry of the mix gives.
#ifndef CLIENT_LOADTEST_PAYLOAD_EXPECTED_OUTPUTS_H_
#define CLIENT_LOADTEST_PAYLOAD_EXPECTED_OUTPUTS_H_

#include <memory>

#include "absl/status/statusor.h"

#include "client/loadtest/payload/answer_check.h"
#include "client/loadtest/payload/entry_spec.h"
#include "client/loadtest/payload/model_description.h"

namespace sconce::load {

// A check by the entry's file, null when it has none. Outputs that the file
// lacks are not looked at. NOT_FOUND without the file; INVALID_ARGUMENT when it
// is damaged or empty, or has an output that the model cannot give.
// Shared: by all payloads of the entry and the calls under way.
absl::StatusOr<std::shared_ptr<const AnswerCheck>> ReadExpectedOutputs(
    const EntrySpec& entry, const ModelDescription& model);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_PAYLOAD_EXPECTED_OUTPUTS_H_

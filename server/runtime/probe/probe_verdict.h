// What the end of a process that tried a model out says about the model.
#ifndef SERVER_RUNTIME_PROBE_PROBE_VERDICT_H_
#define SERVER_RUNTIME_PROBE_PROBE_VERDICT_H_

#include "absl/status/status.h"

#include "server/base/child_process.h"
#include "server/base/clock.h"

namespace sconce {

// The status of the load where it came to an end. INVALID_ARGUMENT with the
// signal's name and the step for a model that ended its process,
// RESOURCE_EXHAUSTED for one that the kernel ended, DEADLINE_EXCEEDED for one
// that took longer than `timeout`. Messages are fit for a client.
absl::Status ProbeVerdict(const ChildEnd& end, MonoDuration timeout);

}  // namespace sconce

#endif  // SERVER_RUNTIME_PROBE_PROBE_VERDICT_H_

// The process that tries a model out, a child of the fork server.
#ifndef SERVER_RUNTIME_PROBE_PROBE_CHILD_H_
#define SERVER_RUNTIME_PROBE_PROBE_CHILD_H_

#include <functional>
#include <string>

#include "absl/types/span.h"

#include "server/runtime/probe/probe_request.h"

namespace sconce {

inline constexpr char kProbeCommand[] = "probe-model";

// Limits the process, loads the model that the arguments name as the server
// would, and reports to kReportDescriptor. Ends the process with 0 when it has
// reported, well or not; returns an exit code when the arguments are not those
// of a ModelProbe. REQUIRES: InitTorchProcess(); there is no other thread.
int RunProbeChild(absl::Span<const std::string> arguments);

// The same for any `work` that reports and ends the process.
int RunOnLoadThread(absl::Span<const std::string> arguments,
                    const std::function<void(const ProbeRequest&)>& work);

}  // namespace sconce

#endif  // SERVER_RUNTIME_PROBE_PROBE_CHILD_H_

// ProbeRequest: what the server tells a process that tries a model out.
#ifndef SERVER_RUNTIME_PROBE_PROBE_REQUEST_H_
#define SERVER_RUNTIME_PROBE_PROBE_REQUEST_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "server/base/process_limits.h"
#include "server/core/loader.h"
#include "server/runtime/torch_loader.h"
#include "server/telemetry/log.h"

namespace sconce {

struct ProbeRequest {
  ServableSpec spec;
  TorchLoaderOptions loader;  // without what is borrowed and what is called
  ProcessLimits limits;
  LogFormat log_format = LogFormat::kText;
  LogLevel log_level = LogLevel::kInfo;
};

// Two arguments of a command line: a JSON object, and the path of the file,
// whose bytes JSON may not be able to tell.
std::vector<std::string> ToArguments(const ProbeRequest& request);

// Takes those arguments. INVALID_ARGUMENT for any others.
absl::StatusOr<ProbeRequest> ReadProbeRequest(
    absl::Span<const std::string> arguments);

}  // namespace sconce

#endif  // SERVER_RUNTIME_PROBE_PROBE_REQUEST_H_

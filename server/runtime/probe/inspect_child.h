// The process that inspects a model, a child of the fork server.
#ifndef SERVER_RUNTIME_PROBE_INSPECT_CHILD_H_
#define SERVER_RUNTIME_PROBE_INSPECT_CHILD_H_

#include <cstddef>
#include <string>

#include "absl/types/span.h"

namespace sconce {

inline constexpr char kInspectCommand[] = "inspect-model";

// An inspection has no more bytes; a longer one fails.
constexpr size_t kMaxInspectionBytes = size_t{16} << 20;

// As RunProbeChild(), for the arguments of a ModelInspector. The report of an
// inspection that is well has the JSON after an empty line.
int RunInspectChild(absl::Span<const std::string> arguments);

}  // namespace sconce

#endif  // SERVER_RUNTIME_PROBE_INSPECT_CHILD_H_

#include "server/runtime/probe/model_inspector.h"

#include <utility>

#include "server/base/status_macros.h"
#include "server/runtime/probe/inspect_child.h"
#include "server/runtime/probe/probe_report.h"
#include "server/runtime/probe/probe_verdict.h"

namespace sconce {
namespace {

// For the lines before the JSON.
constexpr size_t kReportBytes = size_t{1} << 20;

}  // namespace

absl::StatusOr<std::string> ModelInspector::Inspect(
    const ServableSpec& spec) const {
  ChildCommand command = ProbeCommand(kInspectCommand, spec, options_);
  command.max_report_bytes = kMaxInspectionBytes + kReportBytes;
  ASSIGN_OR_RETURN(ChildEnd end, options_.run(command));
  std::string json = TakeAttachment(&end.report);
  RETURN_IF_ERROR(ProbeVerdict(end, options_.timeout));
  return json;
}

}  // namespace sconce

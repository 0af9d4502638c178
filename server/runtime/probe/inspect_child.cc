#include "server/runtime/probe/inspect_child.h"

#include <unistd.h>

#include <cstdlib>
#include <new>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

#include "server/base/child_process.h"
#include "server/runtime/probe/model_inspection.h"
#include "server/runtime/probe/probe_child.h"
#include "server/runtime/probe/probe_report.h"

namespace sconce {
namespace {

absl::StatusOr<std::string> Inspect(const ProbeRequest& request,
                                    ProbeReportWriter* writer) {
  try {
    return InspectArchive(
        request.spec.path, request.loader.allowed_operators,
        [writer](absl::string_view step) { writer->Begin(step); });
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("out of memory");
  }
}

absl::Status CheckLength(const std::string& json) {
  if (json.size() <= kMaxInspectionBytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      "the inspection of the model has ", json.size(), " bytes, the most is ",
      kMaxInspectionBytes, "; look at the file itself, with Python"));
}

[[noreturn]] void InspectAndReport(const ProbeRequest& request) {
  ProbeReportWriter writer(kReportDescriptor);
  const auto json = Inspect(request, &writer);
  const absl::Status status = json.ok() ? CheckLength(*json) : json.status();
  writer.End(status);
  if (status.ok()) writer.Attach(*json);
  _exit(EXIT_SUCCESS);
}

}  // namespace

int RunInspectChild(absl::Span<const std::string> arguments) {
  return RunOnLoadThread(arguments, InspectAndReport);
}

}  // namespace sconce

#include "server/runtime/probe/probe_verdict.h"

#include <cctype>
#include <csignal>
#include <cstring>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

#include "server/runtime/probe/probe_report.h"

namespace sconce {
namespace {

// "SIGFPE (arithmetic exception)".
std::string SignalText(int signal) {
  const char* const name = sigabbrev_np(signal);
  const char* const meaning = sigdescr_np(signal);
  if (name == nullptr || meaning == nullptr) {
    return absl::StrCat("signal ", signal);
  }
  return absl::StrCat("SIG", name, " (", absl::AsciiStrToLower(meaning), ")");
}

absl::string_view Remedy(int signal) {
  switch (signal) {
    case SIGFPE:
      return "look in its code for an integer division or remainder by zero, "
             "and export it again";
    case SIGKILL:
      return "the kernel does that when memory is short: serve fewer models, "
             "or give the machine more memory";
    default:
      return "the archive is damaged, or LibTorch cannot run it: try it in "
             "Python with the PyTorch version that the server runs, and export "
             "it again";
  }
}

absl::Status Crashed(int signal, const std::string& step) {
  const auto code = signal == SIGKILL ? absl::StatusCode::kResourceExhausted
                                      : absl::StatusCode::kInvalidArgument;
  return absl::Status(
      code,
      absl::StrCat("the model ended its test process with ", SignalText(signal),
                   " while ", step, "; ", Remedy(signal)));
}

absl::Status TimedOut(MonoDuration timeout, const std::string& step) {
  return absl::DeadlineExceededError(absl::StrCat(
      "the model's test process took longer than --model-probe=",
      absl::FormatDuration(absl::FromChrono(timeout)), ", the last step was ",
      step,
      "; look in its code for what does not end, or start the server with a "
      "longer limit"));
}

}  // namespace

absl::Status ProbeVerdict(const ChildEnd& end, MonoDuration timeout) {
  const ProbeReport report = ReadProbeReport(end.report);
  if (end.timed_out) return TimedOut(timeout, report.last_step());
  if (end.signal != 0) return Crashed(end.signal, report.last_step());
  if (report.status) return *report.status;
  return absl::InternalError(absl::StrCat(
      "the model's test process ended with exit code ", end.exit_code,
      " while ", report.last_step(),
      " and said nothing; the server's standard error may tell why"));
}

}  // namespace sconce

#include "client/loadtest/search/exit_code.h"

namespace sconce::load {
namespace {

bool AnyOk(const Counts& counts) {
  const auto found = counts.codes.find("OK");
  return found != counts.codes.end() && found->second > 0;
}

}  // namespace

int ExitCode(const RunResult& result) {
  const Counts& counts = result.record.total;
  if (result.interrupted) return kInterrupted;
  if (counts.wrong > 0 || !AnyOk(counts)) return kWrongAnswers;
  return VoidReasons(result).empty() ? kDone : kVoid;
}

int ExitCode(const SweepResult& result) {
  bool any_void = false;
  for (const RunResult& run : result.runs) {
    const int code = ExitCode(run);
    if (code == kInterrupted || code == kWrongAnswers) return code;
    any_void |= code == kVoid;
  }
  return any_void ? kVoid : kDone;
}

int ExitCode(const FindMaxResult& result) {
  if (result.sweep.interrupted) return kInterrupted;
  for (const RunResult& run : result.sweep.runs) {
    if (run.record.total.wrong > 0) return kWrongAnswers;
  }
  if (!result.found) return kWrongAnswers;
  return result.client_was_the_limit ? kVoid : kDone;
}

}  // namespace sconce::load

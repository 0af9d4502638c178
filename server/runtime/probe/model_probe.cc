#include "server/runtime/probe/model_probe.h"

#include <string>
#include <vector>

#include "server/base/processors.h"
#include "server/base/status_macros.h"
#include "server/runtime/probe/probe_child.h"
#include "server/runtime/probe/probe_report.h"
#include "server/runtime/probe/probe_request.h"
#include "server/runtime/probe/probe_verdict.h"

namespace sconce {
namespace {

// More than all processors can give until the time is over, in case that
// nobody is left to look at the clock.
uint64_t ProcessorSeconds(MonoDuration timeout) {
  if (timeout == MonoDuration::zero()) return 0;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(timeout).count();
  return static_cast<uint64_t>(seconds + 1) *
         static_cast<uint64_t>(UsableProcessors());
}

void LogSteps(const ServableSpec& spec, const ProbeReport& report) {
  for (const ProbeReport::Step& step : report.steps) {
    LogDebug("model probe began a step", {{"model", spec.id.model},
                                          {"step", step.name},
                                          {"seconds", step.seconds}});
  }
}

}  // namespace

ChildCommand ProbeCommand(const std::string& command, const ServableSpec& spec,
                          const ModelProbe::Options& options) {
  const ProbeRequest request = {
      .spec = spec,
      .loader = options.loader,
      .limits = {.data_bytes = options.memory_bytes,
                 .cpu_seconds = ProcessorSeconds(options.timeout)},
      .log_format = options.log_format,
      .log_level = options.log_level};
  ChildCommand made = {.arguments = {command}, .timeout = options.timeout};
  for (std::string& argument : ToArguments(request)) {
    made.arguments.push_back(std::move(argument));
  }
  return made;
}

absl::StatusOr<BatchingVerdicts> ModelProbe::Prove(
    const ServableSpec& spec) const {
  const MonoTime begin = Clock::Real()->Now();
  ASSIGN_OR_RETURN(const ChildEnd end,
                   options_.run(ProbeCommand(kProbeCommand, spec, options_)));
  const ProbeReport report = ReadProbeReport(end.report);
  LogSteps(spec, report);
  RETURN_IF_ERROR(ProbeVerdict(end, options_.timeout));
  LogInfo("model proven in a process of its own",
          {{"model", spec.id.model},
           {"version", spec.id.version},
           {"seconds", ToSeconds(Clock::Real()->Now() - begin)}});
  return report.batching;
}

}  // namespace sconce

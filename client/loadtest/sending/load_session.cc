#include "client/loadtest/sending/load_session.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

#include "client/loadtest/sending/live_figures.h"
#include "client/loadtest/sending/progress_line.h"

namespace sconce::load {
namespace {

PayloadSummary SummaryOf(const MixEntry& entry) {
  PayloadSummary summary{entry.payloads.size(), entry.payloads.front().name};
  for (const Payload& payload : entry.payloads) {
    summary.bytes += static_cast<double>(payload.message.Length());
  }
  summary.bytes /= static_cast<double>(summary.count);
  return summary;
}

}  // namespace

LoadSession::LoadSession(SessionParts parts, std::stop_token stop)
    : parts_(std::move(parts)), stop_(std::move(stop)) {
  RunSetup& setup = parts_.plan.setup;
  for (const MixEntry& entry : parts_.mix) {
    setup.entries.push_back(entry.name);
    setup.weights.push_back(entry.weight);
    setup.payloads.push_back(SummaryOf(entry));
  }
  setup.timeout_seconds =
      std::chrono::duration<double>(parts_.plan.timeout).count();
  setup.check_every = parts_.plan.check_every;
  setup.max_outstanding = parts_.plan.max_outstanding;
}

RunResult LoadSession::Run() {
  const auto* const rate = std::get_if<ConstantRate>(&parts_.shape.kind);
  if (rate && parts_.plan.setup.mode == "open") {
    parts_.plan.setup.rate = rate->rate;
  }
  return Make(parts_.shape);
}

RunResult LoadSession::RunAt(double rate) {
  const LoadShape shape = {ConstantRate{rate}, parts_.shape.spacing};
  parts_.plan.setup.arrivals = NameOf(shape);
  parts_.plan.setup.rate = rate;
  return Make(shape);
}

RunResult LoadSession::Make(const LoadShape& shape) {
  const LoadPlan& plan = parts_.plan;
  std::unique_ptr<ArrivalProcess> arrivals;
  if (plan.setup.mode == "open") {
    arrivals = MakeArrivals(shape, plan.warmup, plan.window, plan.setup.seed);
  }
  LiveFigures live;
  std::optional<ProgressLine> progress;
  ++runs_;
  if (parts_.show_progress) {
    progress.emplace(
        &live,
        runs_ == 1
            ? ""
            : absl::StrCat("run ", runs_, ", ", plan.setup.arrivals, ": "),
        std::chrono::ceil<std::chrono::seconds>(plan.warmup + plan.window));
  }
  return RunLoad({&plan, &parts_.mix, parts_.channels.get(), &live},
                 arrivals.get(), parts_.watch, stop_);
}

}  // namespace sconce::load

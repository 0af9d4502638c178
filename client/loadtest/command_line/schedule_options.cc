#include "client/loadtest/command_line/schedule_options.h"

#include <chrono>

namespace sconce::load {
namespace {

std::chrono::nanoseconds Seconds(double seconds) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>(seconds));
}

}  // namespace

ScheduleOptions::ScheduleOptions(CLI::App* app, LoadOptions* options)
    : OptionGroup(app, options, "When") {
  AddTimes();
  AddRates();
  AddTrace();
  AddClosedLoop();
}

void ScheduleOptions::AddTimes() {
  duration_option_ =
      AddSeconds("--duration", &duration_, 0.001, "The window that counts");
  warmup_option_ = AddSeconds("--warmup", &warmup_, 0,
                              "Load before it, which does not count");
  AddSeconds("--timeout", &timeout_, 0.001,
             "Deadline of a request, from the time it is due");
  Add("--seed", &options_->plan.setup.seed, "UINT",
      "Of the arrivals, and of what is drawn")
      ->capture_default_str();
  most_ = Add("--max-outstanding", &options_->plan.max_outstanding, "N",
              "Requests due beyond these are not sent, are counted, and make "
              "the run void")
              ->check(InRange(int64_t{1}, int64_t{100000000}))
              ->capture_default_str();
}

CLI::Option* ScheduleOptions::AddNumbers(const std::string& name,
                                         std::vector<double>* value,
                                         const NumberList& list,
                                         const std::string& help) {
  return AddText(
      name, list.form, help,
      [value, list](const std::string& option, const std::string& text) {
        *value = ReadNumbers(option, text, list);
      });
}

void ScheduleOptions::AddRates() {
  rate_ = Add("--rate", &options_->rate, "R", "Requests a second")
              ->check(InRange(1e-6, 1e7))
              ->capture_default_str();
  arrivals_ =
      Add("--arrivals", &arrivals_value_, "KIND",
          "Spacing: poisson as many users, constant as a clock")
          ->check(CLI::IsMember({"poisson", "constant"}).description(""))
          ->capture_default_str();
  steps_ = AddNumbers("--steps", &steps_values_, {"R1,R2,..."},
                      "Rates, each for an equal part of the duration");
  ramp_ = AddNumbers("--ramp", &ramp_values_, {"FROM:TO", ':', 2, 2},
                     "A rate that grows or falls over the duration");
  bursts_ =
      AddNumbers("--bursts", &bursts_values_, {"R:ON:OFF[:LOW]", ':', 3, 4},
                 "R for ON seconds, LOW (0) for OFF seconds, again");
}

void ScheduleOptions::AddTrace() {
  trace_ = AddFile("--trace", &trace_file_.path,
                   "CSV with a header: seconds since the begin, and entry (of "
                   "the mix) where it matters");
  speed_ = Add("--speed", &trace_file_.speed, "X",
               "Replays the trace X times as "
               "fast")
               ->check(InRange(1e-6, 1e6))
               ->capture_default_str();
}

void ScheduleOptions::AddClosedLoop() {
  closed_ = Add("--closed-loop", &options_->plan.setup.outstanding, "N",
                "N requests under way, each answer starts the next: for cost "
                "and capacity, it hides what overload does")
                ->check(InRange(1, 1000000));
}

void ScheduleOptions::AddManyRuns() {
  constexpr char kHeading[] = "Many runs";
  sweep_ = AddNumbers("--sweep", &options_->sweep, {"R1,R2,..."},
                      "One run for each rate")
               ->group(kHeading);
  find_max_ = AddFlag("--find-max", &options_->find_max,
                      "Search the highest rate that meets --slo, from --rate")
                  ->group(kHeading);
}

void ScheduleOptions::CheckTogether() const {
  const std::vector<CLI::Option*> shapes = {steps_, ramp_, bursts_, trace_,
                                            closed_};
  for (size_t i = 0; i < shapes.size(); ++i) {
    for (size_t j = i + 1; j < shapes.size(); ++j) {
      RefuseBoth(shapes[i], shapes[j]);
    }
    for (CLI::Option* const other : {rate_, sweep_, find_max_}) {
      RefuseBoth(shapes[i], other);
    }
  }
  RefuseBoth(sweep_, rate_);
  RefuseBoth(sweep_, find_max_);
  RefuseBoth(trace_, arrivals_);
  RefuseBoth(closed_, arrivals_);
  RefuseBoth(closed_, most_);
}

void ScheduleOptions::CheckNeeds() const {
  if (!speed_->empty() && trace_->empty()) {
    throw CLI::ValidationError("--speed", "needs --trace");
  }
  if (options_->find_max &&
      options_->plan.setup.slo == std::chrono::nanoseconds::zero()) {
    throw CLI::ValidationError("--find-max", "needs --slo");
  }
}

void ScheduleOptions::Finish() {
  CheckTogether();
  CheckNeeds();
  FinishShape();
  FinishPlan();
}

void ScheduleOptions::FinishShape() {
  LoadShape& shape = options_->shape;
  if (arrivals_value_ == "constant") shape.spacing = Spacing::kConstant;
  shape.kind = ConstantRate{options_->rate};
  if (!steps_values_.empty()) shape.kind = RateSteps{steps_values_};
  if (!ramp_values_.empty()) {
    shape.kind = RateRamp{ramp_values_[0], ramp_values_[1]};
  }
  if (!bursts_values_.empty()) shape.kind = Bursts();
  if (!trace_file_.path.empty()) shape.kind = trace_file_;
}

RateBursts ScheduleOptions::Bursts() const {
  const auto& values = bursts_values_;
  if (values[1] <= 0 || values[2] <= 0) {
    throw CLI::ValidationError("--bursts", "ON and OFF have to be above 0");
  }
  return {values[0], values[1], values[2], values.size() > 3 ? values[3] : 0};
}

void ScheduleOptions::FinishPlan() {
  LoadPlan& plan = options_->plan;
  const bool trace = options_->shape.is_trace();
  const bool whole = trace && duration_option_->empty();
  plan.window = whole ? plan.window.zero() : Seconds(duration_);
  const bool at_once = trace && warmup_option_->empty();
  plan.warmup = at_once ? plan.warmup.zero() : Seconds(warmup_);
  plan.timeout = Seconds(timeout_);
  RunSetup& setup = plan.setup;
  setup.mode = closed_->empty() ? "open" : "closed";
  setup.arrivals = closed_->empty() ? NameOf(options_->shape) : "";
  setup.warmup_seconds = std::chrono::duration<double>(plan.warmup).count();
}

}  // namespace sconce::load

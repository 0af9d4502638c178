// sconce-load: loads a server, and reports what became of the requests.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"

#include "client/loadtest/arrivals/trace_arrivals.h"
#include "client/loadtest/command_line/load_options.h"
#include "client/loadtest/measure/server_metrics.h"
#include "client/loadtest/payload/build_mix.h"
#include "client/loadtest/payload/mix_file.h"
#include "client/loadtest/payload/trial.h"
#include "client/loadtest/report/json.h"
#include "client/loadtest/report/text.h"
#include "client/loadtest/report/write_file.h"
#include "client/loadtest/search/exit_code.h"
#include "client/loadtest/search/find_max.h"
#include "client/loadtest/search/sweep.h"
#include "client/loadtest/sending/connection.h"
#include "client/loadtest/sending/load_session.h"
#include "client/loadtest/sending/progress_line.h"
#include "client/loadtest/sending/signal_watch.h"

namespace sconce::load {
namespace {

// What ends the program early: one line, and the exit code.
struct Failure {
  int code;
  absl::Status status;
};

int CodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
      return kWrongCall;
    default:
      return kNoServer;
  }
}

template <typename Result>
Result OrThrow(absl::StatusOr<Result> result) {
  if (!result.ok()) throw Failure{CodeOf(result.status()), result.status()};
  return *std::move(result);
}

ServerAccess AccessOf(const LoadOptions& options) {
  ServerAccess access;
  access.address = options.connection.address;
  access.inference = QuestionChannel(options.connection);
  if (!options.management.empty()) {
    ClientOptions management = options.connection;
    management.address = options.management;
    access.management = QuestionChannel(management);
    access.management_is_named = options.management_is_named;
  }
  return access;
}

void OrThrow(const absl::Status& status) {
  if (!status.ok()) throw Failure{CodeOf(status), status};
}

Mix MakeMix(const LoadOptions& options) {
  const ServerAccess access = AccessOf(options);
  const std::vector<EntrySpec> entries =
      options.mix_file.empty() ? options.entries
                               : OrThrow(ReadMixFile(options.mix_file));
  Mix mix = OrThrow(BuildMix(entries, access, options.plan.setup.seed));
  OrThrow(TryMix(mix, access));
  return mix;
}

double Seconds(LoadPlan::Time time) {
  return std::chrono::duration<double>(time).count();
}

void CheckTrace(const Mix& mix, LoadOptions* options) {
  const auto* trace = std::get_if<TraceFile>(&options->shape.kind);
  if (!trace) return;
  std::vector<std::string> names;
  for (const MixEntry& entry : mix) names.push_back(entry.name);
  const auto summary =
      OrThrow(TraceArrivals::Check(trace->path, trace->speed, names));
  LoadPlan& plan = options->plan;
  if (summary.length <= plan.warmup) {
    OrThrow(absl::InvalidArgumentError(absl::StrFormat(
        "the trace %s ends after %.3g s, within the warm-up of %.3g s: no "
        "request would count; give a shorter --warmup",
        trace->path, Seconds(summary.length), Seconds(plan.warmup))));
  }
  if (plan.window == plan.window.zero()) {
    plan.window = std::max<LoadPlan::Time>(summary.length - plan.warmup,
                                           std::chrono::milliseconds(1));
  }
}

// The page is read once now, so that one that was named and cannot be read is
// an error before the load.
ServerWatch WatchOf(const LoadOptions& options) {
  const auto metrics = std::make_shared<const ServerMetrics>(OrThrow(
      ServerMetrics::Create(options.metrics, options.connection.address)));
  if (!OrThrow(metrics->Read())) return {};
  const auto before = std::make_shared<std::optional<ServerCounters>>();
  const auto read = [metrics] {
    const auto counters = metrics->Read();
    return counters.ok() ? *counters : std::nullopt;
  };
  return {.begin = [before, read] { *before = read(); },
          .end = [before, read]() -> std::optional<ServerUse> {
            const auto after = read();
            if (!*before || !after) return std::nullopt;
            return UseBetween(**before, *after);
          }};
}

LoadSession Prepare(LoadOptions options, std::stop_token stop) {
  if (!options.output.empty()) OrThrow(CheckWritable(options.output));
  auto channels = OrThrow(Connect(options.connection));
  Mix mix = MakeMix(options);
  CheckTrace(mix, &options);
  SessionParts parts{.plan = options.plan,
                     .shape = options.shape,
                     .mix = std::move(mix),
                     .channels = std::move(channels),
                     .watch = WatchOf(options)};
  parts.show_progress = !options.quiet && ProgressLine::IsUseful();
  return LoadSession(std::move(parts), std::move(stop));
}

template <typename Result>
void Write(const Result& result, const LoadOptions& options) {
  const std::string json = TextOf(ToJson(result)) + "\n";
  std::cout << (options.json ? json : ToText(result)) << std::flush;
  if (options.output.empty()) return;
  OrThrow(WriteFile(options.output, json));
}

int Run(const LoadOptions& options, SignalWatch* signals) {
  LoadSession session = Prepare(options, signals->stop());
  signals->Arm();
  const RateRun run = [&](double rate) { return session.RunAt(rate); };
  if (options.find_max) {
    const FindMaxResult result = FindMax({.first_rate = options.rate}, run);
    Write(result, options);
    return ExitCode(result);
  }
  if (!options.sweep.empty()) {
    const SweepResult result = Sweep(options.sweep, run);
    Write(result, options);
    return ExitCode(result);
  }
  const RunResult result = session.Run();
  Write(result, options);
  return ExitCode(result);
}

}  // namespace
}  // namespace sconce::load

int main(int argc, char** argv) {
  namespace load = sconce::load;
  // What is wrong is said once, and by us.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  const auto parsed = load::ParseCommandLine(argc, argv);
  if (const auto* exit = std::get_if<load::ExitRequest>(&parsed)) {
    (exit->code == 0 ? std::cout : std::cerr) << exit->text;
    return exit->code;
  }
  load::SignalWatch signals;  // before gRPC makes threads
  try {
    return load::Run(std::get<load::LoadOptions>(parsed), &signals);
  } catch (const load::Failure& failure) {
    std::cerr << "sconce-load: " << failure.status.message() << "\n";
    return failure.code;
  }
}

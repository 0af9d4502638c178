// sconce-bench-client: a closed or an open loop of requests to one server.

#include <CLI/CLI.hpp>

#include <exception>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "tests/bench/closed_loop.h"
#include "tests/bench/infer_request.h"
#include "tests/bench/large_blocks.h"
#include "tests/bench/open_loop.h"

namespace sconce::bench {
namespace {

struct ClientOptions {
  LoadOptions load;  // what both loops have is here
  double rate = 0;   // above 0: an open loop
  double warmup_seconds = 1;
  int64_t most_under_way = 10000;
  uint64_t seed = 1;
  std::vector<std::string> requests;
  std::vector<std::string> answers;
  double tolerance = 0;
};

void AddOptions(CLI::App& app, ClientOptions& options) {
  LoadOptions& load = options.load;
  app.option_defaults()->always_capture_default();
  app.add_option("--target", load.target, "host:port")->required();
  app.add_option("--request", options.requests,
                 "file with a serialised ModelInferRequest; several are sent "
                 "in turns")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--expect", options.answers,
                 "file with the right answer, one for each request")
      ->check(CLI::ExistingFile);
  app.add_option("--tolerance", options.tolerance,
                 "allowed difference of FP32 answers; 0 compares bytes");
  app.add_option("--verify-every", load.verify_every, "check each k-th answer")
      ->check(CLI::PositiveNumber);
  app.add_option("--channels", load.channels, "connections")
      ->check(CLI::PositiveNumber);
  app.add_option("--seconds", load.seconds, "length of the measured window");
  app.add_option("--timeout", load.timeout,
                 "seconds for one request; in an open loop from its due time")
      ->check(CLI::PositiveNumber);
  app.add_option("--watch-pid", load.watch_pids,
                 "processes whose CPU time to report (the server's)");
}

void AddClosedLoopOptions(CLI::App& app, LoadOptions& load) {
  app.add_option("--outstanding", load.outstanding, "requests under way")
      ->check(CLI::PositiveNumber);
  app.add_option("--warmup", load.warmup, "answers before the measured window");
  app.add_option("--count", load.count,
                 "answers that end the window earlier; 0 = none do");
}

void AddOpenLoopOptions(CLI::App& app, ClientOptions& options) {
  app.add_option("--rate", options.rate,
                 "requests a second of a Poisson process; 0 = a closed loop")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--warmup-seconds", options.warmup_seconds,
                 "load before the measured window");
  app.add_option("--most-under-way", options.most_under_way,
                 "requests that are due beyond these are not sent");
  app.add_option("--seed", options.seed, "of the arrival times");
}

OpenLoopOptions OpenLoopOptionsOf(const ClientOptions& options) {
  return {.target = options.load.target,
          .channels = options.load.channels,
          .rate = options.rate,
          .warmup_seconds = options.warmup_seconds,
          .seconds = options.load.seconds,
          .deadline = options.load.timeout,
          .under_way = options.most_under_way,
          .seed = options.seed,
          .verify_every = options.load.verify_every,
          .watch_pids = options.load.watch_pids};
}

template <typename Loop>
int Report(Loop&& loop) {
  const auto result = loop.Run();
  std::cout << ToJson(result) << std::endl;
  return result.clean() ? 0 : 1;
}

int Run(const ClientOptions& options) {
  auto requests =
      ReadRequests(options.requests, options.answers, options.tolerance);
  if (options.rate > 0) {
    return Report(OpenLoop(OpenLoopOptionsOf(options), std::move(requests)));
  }
  return Report(ClosedLoop(options.load, std::move(requests)));
}

}  // namespace
}  // namespace sconce::bench

int main(int argc, char** argv) {
  sconce::bench::KeepLargeBlocks();
  sconce::bench::ClientOptions options;
  CLI::App app(
      "Keeps a number of ModelInfer requests under way, or with --rate sends "
      "them when they are due, and prints JSON; exit code 1 when an answer was "
      "an error or wrong. Refusals and deadlines are no errors with --rate");
  sconce::bench::AddOptions(app, options);
  sconce::bench::AddClosedLoopOptions(app, options.load);
  sconce::bench::AddOpenLoopOptions(app, options);
  CLI11_PARSE(app, argc, argv);
  try {
    return sconce::bench::Run(options);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}

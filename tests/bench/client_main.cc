// sconce-bench-client: a closed loop of one request against one server.

#include <CLI/CLI.hpp>

#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "tests/bench/closed_loop.h"
#include "tests/bench/large_blocks.h"

namespace sconce::bench {
namespace {

struct ClientOptions {
  LoadOptions load;
  std::string request_file;
  std::string expect_file;
  double tolerance = 0;
};

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void AddOptions(CLI::App& app, ClientOptions& options) {
  LoadOptions& load = options.load;
  app.option_defaults()->always_capture_default();
  app.add_option("--target", load.target, "host:port")->required();
  app.add_option("--request", options.request_file,
                 "file with a serialised ModelInferRequest")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--expect", options.expect_file, "file with the right answer")
      ->check(CLI::ExistingFile);
  app.add_option("--tolerance", options.tolerance,
                 "allowed difference of FP32 answers; 0 compares bytes");
  app.add_option("--verify-every", load.verify_every, "check each k-th answer")
      ->check(CLI::PositiveNumber);
  app.add_option("--outstanding", load.outstanding, "requests under way")
      ->check(CLI::PositiveNumber);
  app.add_option("--channels", load.channels, "connections")
      ->check(CLI::PositiveNumber);
  app.add_option("--warmup", load.warmup, "answers before the measured window");
  app.add_option("--seconds", load.seconds, "length of the measured window");
  app.add_option("--count", load.count,
                 "answers that end the window earlier; 0 = none do");
  app.add_option("--timeout", load.timeout, "seconds for one request");
  app.add_option("--watch-pid", load.watch_pid,
                 "process whose CPU time to report (the server's)");
}

int Run(const ClientOptions& options) {
  std::optional<ResponseCheck> check;
  if (!options.expect_file.empty()) {
    check.emplace(ReadFile(options.expect_file), options.tolerance);
  }
  ClosedLoop loop(options.load, grpc::Slice(ReadFile(options.request_file)),
                  check ? &*check : nullptr);
  const LoadResult result = loop.Run();
  std::cout << ToJson(result) << std::endl;
  return result.clean() ? 0 : 1;
}

}  // namespace
}  // namespace sconce::bench

int main(int argc, char** argv) {
  sconce::bench::KeepLargeBlocks();
  sconce::bench::ClientOptions options;
  CLI::App app(
      "Keeps a number of ModelInfer requests under way and prints JSON; exit "
      "code 1 when an answer was an error or wrong");
  sconce::bench::AddOptions(app, options);
  CLI11_PARSE(app, argc, argv);
  try {
    return sconce::bench::Run(options);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}

// sconce-bench-raw-loop: what the model alone costs.

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <exception>
#include <iostream>

#include "tests/bench/large_blocks.h"
#include "tests/bench/percentiles.h"
#include "tests/bench/raw_loop.h"

int main(int argc, char** argv) {
  sconce::bench::KeepLargeBlocks();
  sconce::bench::RawLoopOptions options;
  CLI::App app("Runs a TorchScript model back to back and prints JSON");
  app.option_defaults()->always_capture_default();
  app.add_option("--model", options.model, "TorchScript file with one input")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--shape", options.shape,
                 "of the input, batch first: 8,3,224,224")
      ->required()
      ->delimiter(',')
      ->check(CLI::PositiveNumber);
  app.add_option("--type", options.type, "of its elements")
      ->check(CLI::IsMember({"FP32", "INT64"}));
  app.add_option("--optimize", options.optimize,
                 "auto = optimize_for_inference")
      ->check(CLI::IsMember({"auto", "freeze", "off"}));
  app.add_option("--threads", options.threads, "threads, each with a core")
      ->check(CLI::PositiveNumber);
  app.add_option("--intra-op-threads", options.intra_op_threads,
                 "LibTorch threads within each")
      ->check(CLI::PositiveNumber);
  app.add_option("--warmup", options.warmup, "runs of each thread beforehand");
  app.add_option("--seconds", options.seconds, "length of the loop");
  CLI11_PARSE(app, argc, argv);
  try {
    const auto result = sconce::bench::RunRawLoop(options);
    const double cpu_us =
        std::chrono::duration<double, std::micro>(result.cpu).count();
    std::cout << nlohmann::json{{"items", result.items},
                                {"items_per_second", result.items_per_second},
                                {"cpu_us_per_item", cpu_us / result.items},
                                {"forward_us",
                                 sconce::bench::Percentiles(result.forwards)}}
              << std::endl;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}

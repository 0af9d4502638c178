// sconce-bench-recognize: what it costs to tell that a file is no model.

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>

#include "server/runtime/archive/archive_proof.h"
#include "tests/bench/cpu_clock.h"

namespace sconce::bench {
namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;

// A line of /proc/self/status, e.g. "VmHWM", in bytes. getrusage() would count
// what the process was before exec, too.
int64_t ReadMemory(const std::string& name) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(name + ":", 0) == 0) {
      return std::stoll(line.substr(name.size() + 1)) * 1024;
    }
  }
  throw std::runtime_error("/proc/self/status has no " + name);
}

// The highest VmRSS begins anew with what is used now.
void ResetPeakMemory() { std::ofstream("/proc/self/clear_refs") << "5"; }

// Asks what the server asks of every file before it loads it.
absl::Status Prove(const std::string& path) {
  const OperatorPolicy policy({});
  return ProveArchive(path, policy, [](absl::string_view, MonoDuration) {})
      .status();
}

nlohmann::json Measure(const std::string& path) {
  ResetPeakMemory();
  const int64_t memory = ReadMemory("VmRSS");
  const auto cpu = ProcessCpuTime();
  const auto begin = std::chrono::steady_clock::now();
  const absl::Status answer = Prove(path);
  const Milliseconds wall = std::chrono::steady_clock::now() - begin;
  const Milliseconds used = ProcessCpuTime() - cpu;
  const int64_t peak = ReadMemory("VmHWM");
  if (answer.ok()) throw std::runtime_error(path + " is a model");
  return {{"answer", std::string(answer.message())},
          {"wall_ms", wall.count()},
          {"cpu_ms", used.count()},
          {"memory_mb", static_cast<double>(peak - memory) / 1e6}};
}

}  // namespace
}  // namespace sconce::bench

int main(int argc, char** argv) {
  std::string path;
  CLI::App app("Recognises a file that is no model and prints JSON");
  app.add_option("--file", path)->required()->check(CLI::ExistingFile);
  CLI11_PARSE(app, argc, argv);
  try {
    std::cout << sconce::bench::Measure(path) << std::endl;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}

// sconce-bench-lookup: what it costs a request to find its model.

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "server/base/thread.h"
#include "server/core/manager.h"
#include "server/telemetry/metrics.h"
#include "tests/bench/cpu_clock.h"
#include "tests/support/fake_servable.h"

namespace sconce::bench {
namespace {

using Nanoseconds = std::chrono::duration<double, std::nano>;
using Milliseconds = std::chrono::duration<double, std::milli>;

struct Options {
  int models = 1000;
  int lookups = 2'000'000;  // of each thread
  int threads = 1;
  bool same_model = false;
};

std::string NameOf(int model) { return "model_" + std::to_string(model); }

class Registry {
 public:
  explicit Registry(int models) : manager_(ManagerOptions()) {
    for (int i = 0; i < models; ++i) {
      ServableSpec spec;
      spec.id = {NameOf(i), 1};
      if (!manager_.Add(spec).ok()) throw std::runtime_error("not added");
    }
    while (!manager_.IsSettled()) std::this_thread::yield();
  }
  const Manager& manager() const { return manager_; }

 private:
  Manager::Options ManagerOptions() {
    Manager::Options options;
    options.loader_factory = [this](const ServableSpec& spec) {
      return std::make_unique<FakeLoader>([this, id = spec.id] {
        return std::make_unique<FakeServable>(
            id, ModelSignature{}, metrics_.ForServable(id.model, id.version),
            [](InferTask*) {});
      });
    };
    return options;
  }

  ServerMetrics metrics_;
  Manager manager_;
};

// Looks up one model after the other, so that the map is not found in the
// nearest cache because it was just there.
void LookUp(const Manager& manager, const std::vector<std::string>& names,
            int lookups) {
  size_t next = 0;
  for (int i = 0; i < lookups; ++i) {
    const auto handle = manager.GetHandle(names[next], {});
    if (!handle.ok()) throw std::runtime_error("no handle");
    next = next + 1 == names.size() ? 0 : next + 1;
  }
}

// The models that a thread asks for: all alike, or none of another's.
std::vector<std::string> NamesOf(int thread, const Options& options) {
  if (options.same_model) return {NameOf(0)};
  std::vector<std::string> names;
  for (int i = thread; i < options.models; i += options.threads) {
    names.push_back(NameOf(i));
  }
  return names;
}

struct Measured {
  Nanoseconds wall;  // for one lookup of one thread
  Nanoseconds cpu;
};

Measured MeasureLookups(const Manager& manager, const Options& options) {
  std::atomic<int> ready = 0;
  std::vector<Thread> threads;
  const auto cpu = ProcessCpuTime();
  const auto begin = std::chrono::steady_clock::now();
  for (int t = 0; t < options.threads; ++t) {
    threads.emplace_back("look-up", [&, names = NamesOf(t, options)] {
      for (++ready; ready < options.threads;) std::this_thread::yield();
      LookUp(manager, names, options.lookups);
    });
  }
  for (Thread& thread : threads) thread.Join();
  const Nanoseconds wall = std::chrono::steady_clock::now() - begin;
  const Nanoseconds used = ProcessCpuTime() - cpu;
  return {wall / options.lookups, used / options.lookups / options.threads};
}

Milliseconds MeasureIndex(const Manager& manager) {
  const auto begin = std::chrono::steady_clock::now();
  const auto reports = manager.Index();
  const Milliseconds took = std::chrono::steady_clock::now() - begin;
  if (reports.empty()) throw std::runtime_error("the index is empty");
  return took;
}

nlohmann::json Measure(const Options& options) {
  const Registry registry(options.models);
  const Measured lookup = MeasureLookups(registry.manager(), options);
  return {{"wall_ns", lookup.wall.count()},
          {"cpu_ns", lookup.cpu.count()},
          {"index_ms", MeasureIndex(registry.manager()).count()}};
}

}  // namespace
}  // namespace sconce::bench

int main(int argc, char** argv) {
  sconce::bench::Options options;
  CLI::App app("Looks models up in a registry and prints JSON");
  app.add_option("--models", options.models)->check(CLI::PositiveNumber);
  app.add_option("--lookups", options.lookups)->check(CLI::PositiveNumber);
  app.add_option("--threads", options.threads)->check(CLI::PositiveNumber);
  app.add_flag("--same-model", options.same_model);
  CLI11_PARSE(app, argc, argv);
  try {
    std::cout << sconce::bench::Measure(options) << std::endl;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}

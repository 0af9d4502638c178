#include "tests/bench/raw_loop.h"

#include <ATen/Parallel.h>
#include <pthread.h>
#include <sched.h>
#include <torch/script.h>

#include <barrier>
#include <thread>
#include <utility>

#include "tests/bench/cpu_clock.h"

namespace sconce::bench {
namespace {

using Clock = std::chrono::steady_clock;

// Forwards of a thread whose times are kept without a new allocation.
constexpr size_t kReserved = 100000;

torch::jit::Module Load(const RawLoopOptions& options) {
  // On the CPU the profiling executor gains nothing once warm, and it slows
  // down the first runs of every shape.
  torch::jit::getProfilingMode() = false;
  torch::jit::Module module = torch::jit::load(options.model, at::kCPU);
  module.eval();
  if (options.optimize == "freeze") return torch::jit::freeze(module);
  if (options.optimize == "auto")
    return torch::jit::optimize_for_inference(module);
  return module;
}

// Numbers below a thousand are words of every vocabulary.
torch::Tensor NewInput(const RawLoopOptions& options) {
  if (options.type == "INT64") return torch::randint(1000, options.shape);
  return torch::rand(options.shape);
}

// A model that cannot take the input says so here, where an exception has
// somewhere to go.
void TryOnce(const RawLoopOptions& options, torch::jit::Module module) {
  at::set_num_threads(options.intra_op_threads);
  c10::InferenceMode inference;
  module.forward({NewInput(options)});
}

// Binds this thread to the `index`-th of the cores the process may use.
void Pin(int index) {
  cpu_set_t allowed;
  sched_getaffinity(0, sizeof(allowed), &allowed);
  int skip = index % CPU_COUNT(&allowed);
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (!CPU_ISSET(core, &allowed) || skip-- > 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    pthread_setaffinity_np(pthread_self(), sizeof(one), &one);
    return;
  }
}

// One thread's share of the loop.
class Worker {
 public:
  Worker(const RawLoopOptions& options, const torch::jit::Module& module)
      : options_(options), module_(module) {}

  void WarmUp(int index) {
    // Helper threads of more than one would all be bound to the same core.
    if (options_.intra_op_threads == 1) Pin(index);
    // The first query resets the setting, so it has to come before it.
    at::get_num_threads();
    at::set_num_threads(options_.intra_op_threads);
    c10::InferenceMode inference;
    input_ = NewInput(options_);
    for (int i = 0; i < options_.warmup; ++i) module_.forward({input_});
    forwards_.reserve(kReserved);
  }

  void Loop() {
    c10::InferenceMode inference;
    const auto began = Clock::now();
    auto now = began;
    std::chrono::duration<double> past{0};
    while (past.count() < options_.seconds) {
      module_.forward({input_});
      const auto last = std::exchange(now, Clock::now());
      forwards_.push_back(now - last);
      past = now - began;
    }
    items_ = static_cast<int64_t>(forwards_.size()) * options_.shape.front();
    items_per_second_ = static_cast<double>(items_) / past.count();
  }

  const std::vector<std::chrono::nanoseconds>& forwards() const {
    return forwards_;
  }
  int64_t items() const { return items_; }
  double items_per_second() const { return items_per_second_; }

 private:
  const RawLoopOptions& options_;
  torch::jit::Module module_;  // shares the weights
  at::Tensor input_;
  std::vector<std::chrono::nanoseconds> forwards_;
  int64_t items_ = 0;
  double items_per_second_ = 0;
};

}  // namespace

RawLoopResult RunRawLoop(const RawLoopOptions& options) {
  const torch::jit::Module module = Load(options);
  TryOnce(options, module);
  std::vector<Worker> workers(options.threads, Worker(options, module));
  RawLoopResult result;
  // Read by the last thread to arrive, before any of them goes on.
  std::barrier warm(options.threads,
                    [&]() noexcept { result.cpu = -ProcessCpuTime(); });
  std::vector<std::thread> threads;
  for (int i = 0; i < options.threads; ++i) {
    threads.emplace_back([&, i] {
      workers[i].WarmUp(i);
      warm.arrive_and_wait();
      workers[i].Loop();
    });
  }
  for (std::thread& thread : threads) thread.join();
  result.cpu += ProcessCpuTime();
  for (const Worker& worker : workers) {
    result.forwards.insert(result.forwards.end(), worker.forwards().begin(),
                           worker.forwards().end());
    result.items += worker.items();
    result.items_per_second += worker.items_per_second();
  }
  return result;
}

}  // namespace sconce::bench

#include "client/loadtest/sending/load_run.h"

#include <algorithm>
#include <memory>
#include <thread>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

#include "client/loadtest/measure/cpu_time.h"
#include "client/loadtest/sending/closed_loop.h"
#include "client/loadtest/sending/open_loop.h"
#include "client/loadtest/sending/waker.h"

namespace sconce::load {
namespace {

using std::chrono::steady_clock;

// Between the creation of the loop and the first request.
constexpr std::chrono::milliseconds kLead(20);
// For the answers that are under way when the load is stopped.
constexpr std::chrono::seconds kGrace(1);
// Of what was answered, that the server's own counters have to tell; they are
// read a moment before and after.
constexpr double kLeastShare = 0.8;

LoopParts Schedule(const LoadParts& load) {
  const auto begin = steady_clock::now() + kLead;
  const auto window = begin + load.plan->warmup;
  return {load, begin, {window, window + load.plan->window}};
}

std::unique_ptr<LoadLoop> MakeLoop(const LoopParts& parts,
                                   ArrivalProcess* arrivals) {
  if (!arrivals) return std::make_unique<ClosedLoop>(parts);
  return std::make_unique<OpenLoop>(parts, arrivals);
}

// The page may be another server's, or that of one among several.
void DropForeignCounters(RunResult* result) {
  if (!result->server) return;
  const ServerUse& use = *result->server;
  // An inference server that was never asked has no counter of requests yet.
  const bool counts = use.requests || use.queue_seconds || use.compute_seconds;
  if (!counts) return;
  const double told = use.requests.value_or(0);
  const auto answered = static_cast<double>(result->record.throughput.ok);
  if (told >= kLeastShare * answered) return;
  result->notes.push_back(absl::StrFormat(
      "the server's counters are left out: they tell %.0f requests where %.0f "
      "were answered, so the page is another server's, or one of several",
      told, answered));
  result->server.reset();
}

class Run {
 public:
  Run(const LoopParts& parts, ArrivalProcess* arrivals,
      const ServerWatch& watch, std::stop_token stop)
      : window_(parts.window),
        watch_(watch),
        stop_(stop),
        loop_(MakeLoop(parts, arrivals)) {
    result_.setup = parts.load.plan->setup;
    result_.started = absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::Now(),
                                       absl::UTCTimeZone());
  }

  RunResult Go() {
    const std::stop_callback wake(stop_, [this] { waker_.Wake(); });
    std::thread sender([this] { loop_->Run(stop_); });
    Watch();
    sender.join();
    Drain();
    result_.interrupted = stop_.stop_requested();
    result_.record = loop_->exchange().Finish();
    DropForeignCounters(&result_);
    return std::move(result_);
  }

 private:
  void Watch() {
    SleepUntil(window_.begin);
    const auto cpu = CpuTime();
    if (watch_.begin && !stop_.stop_requested()) watch_.begin();
    SleepUntil(window_.end);
    const std::chrono::duration<double> used = CpuTime() - cpu;
    result_.client_cpu_seconds = used.count();
    const std::chrono::duration<double> length =
        std::min(steady_clock::now(), window_.end) - window_.begin;
    result_.window_seconds = std::max(0.0, length.count());
    if (watch_.end && length.count() > 0) result_.server = watch_.end();
  }

  void Drain() {
    Exchange& exchange = loop_->exchange();
    exchange.WakeAtEnd(&waker_);
    auto patience = Outcome::Time::max();
    while (exchange.under_way() > 0) {
      if (stop_.stop_requested() && patience == Outcome::Time::max()) {
        patience = steady_clock::now() + kGrace;
      }
      if (steady_clock::now() >= patience) {
        exchange.CancelAll();
        patience = steady_clock::now() + kGrace;
      }
      waker_.SleepUntil(patience);
    }
  }

  void SleepUntil(Outcome::Time time) {
    while (!stop_.stop_requested() && steady_clock::now() < time) {
      waker_.SleepUntil(time);
    }
  }

  const Window window_;
  const ServerWatch& watch_;
  const std::stop_token stop_;
  Waker waker_;  // outlives the loop, which wakes it
  std::unique_ptr<LoadLoop> loop_;
  RunResult result_;
};

}  // namespace

RunResult RunLoad(const LoadParts& parts, ArrivalProcess* arrivals,
                  const ServerWatch& watch, std::stop_token stop) {
  return Run(Schedule(parts), arrivals, watch, stop).Go();
}

}  // namespace sconce::load

#include "tests/bench/simulator/simulation.h"

#include <algorithm>
#include <utility>

namespace sconce::simulator {

Simulation::Simulation(const Workload& workload, Policy* policy)
    : workload_(workload),
      policy_(policy),
      arrivals_(workload),
      noise_(workload.seed),
      lanes_(static_cast<size_t>(workload.lanes)) {}

Record Simulation::Simulate() {
  while (Step()) FillLanes();
  return std::move(record_);
}

// Of events at the same time a run's end comes first: its lane is free then.
bool Simulation::Step() {
  const size_t lane = FirstToEnd();
  const MonoTime arrival = record_.requests.size() < workload_.requests
                               ? arrivals_.next()
                               : kNoDeadline;
  const MonoTime alarm = policy_->alarm();
  const MonoTime next = std::min({lanes_[lane].end, alarm, arrival});
  if (next == kNoDeadline) return false;
  now_ = std::max(now_, next);
  if (lanes_[lane].end == next) {
    EndRun(lane);
  } else if (alarm == next) {
    policy_->OnAlarm(now_);
  } else {
    policy_->Arrive(arrivals_.Make(&record_.requests), now_);
  }
  return true;
}

void Simulation::EndRun(size_t lane) {
  const Run run = std::move(lanes_[lane].run);
  const MonoDuration took = now_ - lanes_[lane].begin;
  lanes_[lane] = Lane();
  for (Request* request : run.requests) {
    request->End(Outcome::kAnswered, now_);
  }
  record_.runs.push_back({run.model, run.rows, now_ - took, took});
  policy_->End(lane, run, took);
}

void Simulation::FillLanes() {
  for (size_t lane = 0; lane < lanes_.size(); ++lane) {
    if (lanes_[lane].end != kNoDeadline) continue;
    Run run = policy_->Next(lane, now_);
    if (run.requests.empty()) return;
    Begin(lane, std::move(run));
  }
}

void Simulation::Begin(size_t lane, Run run) {
  const RunTimes& times = workload_.models[run.model].run_times;
  lanes_[lane].begin = now_;
  lanes_[lane].end = now_ + times.Draw(run.rows, &noise_);
  lanes_[lane].run = std::move(run);
}

size_t Simulation::FirstToEnd() const {
  const auto first = std::min_element(
      lanes_.begin(), lanes_.end(),
      [](const Lane& a, const Lane& b) { return a.end < b.end; });
  return static_cast<size_t>(first - lanes_.begin());
}

}  // namespace sconce::simulator

#include "tests/bench/simulator/sconce_policy.h"

#include <algorithm>
#include <utility>

namespace sconce::simulator {
namespace {

Run MakeRun(size_t model, const Batch& batch) {
  Run run;
  run.model = model;
  run.rows = batch.rows;
  for (InferTask* task : batch.tasks) {
    run.requests.push_back(static_cast<Request*>(task));
  }
  return run;
}

MonoDuration Typical(const BatchQueue::Taken& taken) {
  const auto estimate = taken.latencies->Of(taken.batch.rows);
  return estimate.value_or(LatencyEstimate()).typical;
}

}  // namespace

SconcePolicy::SconcePolicy(const Workload& workload)
    : lanes_(workload.lanes), running_(static_cast<size_t>(workload.lanes)) {
  for (const Model& model : workload.models) {
    queues_.emplace_back(queues_.size(), model, &lanes_);
  }
}

void SconcePolicy::Arrive(Request* request, MonoTime now) {
  queues_[request->model].Schedule(request, now);
}

Run SconcePolicy::Next(size_t lane, MonoTime now) {
  while (auto next = lanes_.Begin(lane, now)) {
    BatchQueue::Taken taken = queues_[next->client].Take(now);
    if (!taken.batch.tasks.empty()) {
      lanes_.SetBusy(lane, now + Typical(taken));
      running_[lane] = {std::move(next->turn), std::move(taken.latencies)};
      return MakeRun(next->client, taken.batch);
    }
    lanes_.End(lane, next->turn, MonoDuration::zero());
  }
  return {};
}

void SconcePolicy::End(size_t lane, const Run& run, MonoDuration took) {
  const Running ended = std::exchange(running_[lane], {});
  ended.latencies->Add(run.rows, took);
  queues_[run.model].Judge(took);
  lanes_.End(lane, ended.turn, took);
}

MonoTime SconcePolicy::alarm() const {
  MonoTime first = kNoDeadline;
  for (const ModelQueue& queue : queues_) {
    first = std::min(first, queue.alarm());
  }
  return first;
}

void SconcePolicy::OnAlarm(MonoTime now) {
  for (ModelQueue& queue : queues_) {
    if (queue.alarm() <= now) queue.OnAlarm(now);
  }
}

}  // namespace sconce::simulator

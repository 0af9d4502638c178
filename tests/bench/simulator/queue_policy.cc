#include "tests/bench/simulator/queue_policy.h"

#include <algorithm>

namespace sconce::simulator {

void QueuePolicy::Arrive(Request* request, MonoTime) {
  queues_[{request->model, request->shape}].push_back(request);
}

Run QueuePolicy::Next(size_t, MonoTime now) {
  Queue* first = nullptr;
  size_t model = 0;
  for (auto& [key, queue] : queues_) {
    Drop(key.first, now, &queue);
    if (queue.empty()) continue;
    if (first != nullptr && queue.front()->arrived > first->front()->arrived) {
      continue;
    }
    first = &queue;
    model = key.first;
  }
  return first == nullptr ? Run() : TakeFrom(model, first);
}

void QueuePolicy::Drop(size_t model, MonoTime now, Queue* queue) const {
  if (rule_ == DropRule::kNever) return;
  while (!queue->empty() && IsToDrop(workload_.models[model], now, *queue)) {
    queue->front()->End(Outcome::kExpired, now);
    queue->pop_front();
  }
}

bool QueuePolicy::IsToDrop(const Model& model, MonoTime now,
                           const Queue& queue) const {
  const Request& first = *queue.front();
  if (first.deadline == kNoDeadline) return false;
  if (rule_ == DropRule::kTimeout) return first.deadline <= now;
  const int64_t waiting = static_cast<int64_t>(queue.size()) * first.rows;
  const int64_t rows =
      std::max(first.rows, std::min(waiting, model.rules.max_rows));
  return first.deadline < now + model.run_times.Mean(rows);
}

Run QueuePolicy::TakeFrom(size_t model, Queue* queue) const {
  const int64_t max_rows = workload_.models[model].rules.max_rows;
  Run run;
  run.model = model;
  while (!queue->empty()) {
    Request* const next = queue->front();
    if (run.rows > 0 && run.rows + next->rows > max_rows) break;
    run.requests.push_back(next);
    run.rows += next->rows;
    queue->pop_front();
  }
  return run;
}

}  // namespace sconce::simulator

#include "tests/bench/simulator/model_queue.h"

#include <algorithm>
#include <chrono>

namespace sconce::simulator {
namespace {

// All as in batch_scheduler.cc.
constexpr size_t kMaxQueueSize = 1024;
constexpr auto kNow = std::chrono::milliseconds(1);

void EndExpired(const BatchQueue::Taken& taken, MonoTime now) {
  for (InferTask* task : taken.expired) {
    static_cast<Request*>(task)->End(Outcome::kExpired, now);
  }
}

}  // namespace

void ModelQueue::Schedule(Request* request, MonoTime now) {
  const BucketKey key = {request->shape};
  if (IsFull(now) || !IsAdmitted(key, request, now)) {
    request->End(Outcome::kRejected, now);
    return;
  }
  request->trace.enqueued = now;
  queue_.Push(key, request);
  WakeAt(request->deadline);
  ReportWork();
  MaybeRequestTurn();
}

bool ModelQueue::IsFull(MonoTime now) {
  if (queue_.size() < kMaxQueueSize) return false;
  EndExpired(queue_.TakeDead(now), now);
  ReportWork();
  return queue_.size() >= kMaxQueueSize;
}

bool ModelQueue::IsAdmitted(const BucketKey& key, Request* request,
                            MonoTime now) {
  if (request->deadline == kNoDeadline) return true;
  if (request->deadline - now < kNow) return true;
  const BatchQueue::Ahead mine = queue_.LookAhead(key, {request});
  WorkAhead ahead = lanes_->Load(now);
  ahead.own = mine.work;
  ahead.others = std::max(ahead.others - reported_work_, MonoDuration::zero());
  ahead.other_weights -= reported_weight_;
  const bool at_once = ahead.lane_is_free && queue_.empty();
  const MonoDuration batch = at_once ? mine.alone : mine.batch;
  const MonoDuration left = request->deadline - now;
  if (Lateness(ahead, batch, left) <= MonoDuration::zero()) return true;
  if (Lateness({}, mine.alone, left) <= MonoDuration::zero()) return false;
  return queue_.empty() && trials_.LetIn(left);
}

void ModelQueue::MaybeRequestTurn() {
  if (queue_.runnable() == 0) return;
  const Urgency urgency = QueueUrgency();
  if (turn_requested_ && urgency >= turn_urgency_) return;
  turn_requested_ = true;
  turn_urgency_ = urgency;
  lanes_->RequestTurn(number_, {share_, queue_.NextBatch(), urgency});
}

Urgency ModelQueue::QueueUrgency() const {
  const int64_t priority = queue_.FirstPriority();
  if (priority == kDefaultPriority) return Urgency::kNormal;
  return priority < kDefaultPriority ? Urgency::kHigh : Urgency::kLow;
}

void ModelQueue::ReportWork() {
  const MonoDuration work = queue_.work();
  const int64_t weight = queue_.runnable() > 0 ? 1 : 0;
  lanes_->AddQueued(work - reported_work_, weight - reported_weight_);
  reported_work_ = work;
  reported_weight_ = weight;
}

void ModelQueue::WakeAt(MonoTime time) { alarm_ = std::min(alarm_, time); }

void ModelQueue::OnAlarm(MonoTime now) {
  alarm_ = kNoDeadline;
  if (queue_.empty()) return;
  EndExpired(queue_.TakeDead(now), now);
  WakeAt(queue_.FirstDeadline());
  ReportWork();
  MaybeRequestTurn();
}

BatchQueue::Taken ModelQueue::Take(MonoTime now) {
  BatchQueue::Taken taken = queue_.Take(now);
  EndExpired(taken, now);
  ReportWork();
  turn_requested_ = false;
  if (taken.batch.tasks.empty()) {
    WakeAt(taken.look_again);
  } else {
    MaybeRequestTurn();
  }
  return taken;
}

}  // namespace sconce::simulator

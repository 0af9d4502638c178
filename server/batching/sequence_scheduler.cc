#include "server/batching/sequence_scheduler.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

#include "server/base/status_macros.h"
#include "server/batching/refusals.h"

namespace sconce {

// Fields are guarded by the scheduler's lock, but for `state`, which belongs
// to the turn that runs.
class SequenceScheduler::Sequence
    : public LaneClient,
      public std::enable_shared_from_this<Sequence> {
 public:
  Sequence(Key k, SequenceScheduler* scheduler)
      : key(std::move(k)), scheduler_(scheduler) {}

  // LaneClient:
  MonoDuration RunOne() override {
    return scheduler_->RunNext(shared_from_this());
  }

  const std::string& id() const { return key.first; }

  const Key key;
  std::deque<Request> queue;
  bool has_turn = false;  // asked for one, or runs
  bool open = true;       // goes on after what is queued
  bool begun = false;     // its start was good; the turn's, as `state`
  MonoTime idle_since;
  std::optional<Idle::iterator> idle;  // its place in the list, while there
  std::unique_ptr<ModelState> state;

 private:
  SequenceScheduler* const scheduler_;
};

// What the alarm clock knows: the scheduler, as long as it is there.
class SequenceScheduler::Wakeup : public Alarmed {
 public:
  explicit Wakeup(SequenceScheduler* scheduler) : scheduler_(scheduler) {}

  void OnAlarm() override {
    MutexLock lock(&mu_);
    if (scheduler_ != nullptr) scheduler_->AnswerDead();
  }

  // Waits for an alarm that goes off.
  void Close() {
    MutexLock lock(&mu_);
    scheduler_ = nullptr;
  }

 private:
  Mutex mu_;
  SequenceScheduler* scheduler_ ABSL_GUARDED_BY(mu_);
};

SequenceScheduler::SequenceScheduler(Options options, LanePool* lanes,
                                     ServableTelemetry* telemetry)
    : options_(std::move(options)),
      lanes_(lanes),
      telemetry_(telemetry),
      wakeup_(std::make_shared<Wakeup>(this)) {}

SequenceScheduler::~SequenceScheduler() { wakeup_->Close(); }

absl::Status SequenceScheduler::Schedule(InferTask* task,
                                         BatchExecutor* executor) {
  std::shared_ptr<Sequence> turn;
  std::vector<InferTask*> dead;
  absl::Status queued;
  {
    MutexLock lock(&mu_);
    if (queued_ >= options_.max_queue_size) dead = TakeDead();
    queued = Enqueue({task, executor, {}}, &turn);
  }
  Refuse(dead);
  if (turn != nullptr)
    lanes_.load()->RequestTurn(std::move(turn), {options_.share});
  return queued;
}

int64_t SequenceScheduler::queued() const {
  MutexLock lock(&mu_);
  return queued_;
}

int64_t SequenceScheduler::sequences() const {
  MutexLock lock(&mu_);
  return static_cast<int64_t>(sequences_.size());
}

bool SequenceScheduler::Has(const SequencePlace& place) const {
  MutexLock lock(&mu_);
  return FindOpen(place) != nullptr;
}

void SequenceScheduler::End(const SequencePlace& place) {
  MutexLock lock(&mu_);
  Sequence* const sequence = FindOpen(place);
  if (sequence == nullptr) return;
  sequence->open = false;
  if (sequence->has_turn) return;  // which forgets it
  if (sequence->idle) idle_.erase(*sequence->idle);
  Forget(Key(sequence->key));
}

SequenceScheduler::Sequence* SequenceScheduler::FindOpen(
    const SequencePlace& place) const {
  const auto found = sequences_.find({place.id, place.route});
  if (found == sequences_.end()) return nullptr;
  Sequence* const sequence = found->second.get();
  return sequence->open ? sequence : nullptr;
}

std::vector<InferTask*> SequenceScheduler::TakeDead() {
  std::vector<InferTask*> dead;
  // A turn has to see where a sequence begins and ends.
  const auto is_dead = [&](Request& request) {
    if (request.task == nullptr || WhyDead(*request.task).ok()) return false;
    dead.push_back(request.task);
    request.place = *request.task->sequence;
    request.task = nullptr;
    return !request.place.start && !request.place.end;
  };
  for (const auto& [key, sequence] : sequences_) {
    std::erase_if(sequence->queue, is_dead);
  }
  queued_ -= static_cast<int64_t>(dead.size());
  return dead;
}

void SequenceScheduler::Refuse(const std::vector<InferTask*>& dead) const {
  telemetry_->RecordQueued(-static_cast<int64_t>(dead.size()));
  for (InferTask* task : dead) task->Finish(WhyDead(*task));
}

void SequenceScheduler::AnswerDead() {
  std::vector<InferTask*> dead;
  {
    MutexLock lock(&mu_);
    alarm_ = kNoDeadline;
    dead = TakeDead();
    WakeAt(FirstDeadline());
  }
  Refuse(dead);
}

void SequenceScheduler::WakeAt(MonoTime time) {
  if (time >= alarm_) return;
  alarm_ = time;
  if (options_.alarms != nullptr) options_.alarms->Set(time, wakeup_);
}

MonoTime SequenceScheduler::FirstDeadline() const {
  MonoTime first = kNoDeadline;
  for (const auto& [key, sequence] : sequences_) {
    for (const Request& request : sequence->queue) {
      if (request.task != nullptr) {
        first = std::min(first, request.task->deadline);
      }
    }
  }
  return first;
}

absl::Status SequenceScheduler::WhyDead(const InferTask& task) const {
  if (task.deadline <= options_.clock->Now()) {
    return ExpiredWhileQueued(options_.model);
  }
  if (task.IsCancelled()) return CancelledWhileQueued(options_.model);
  return absl::OkStatus();
}

absl::Status SequenceScheduler::Enqueue(const Request& request,
                                        std::shared_ptr<Sequence>* turn) {
  InferTask* const task = request.task;
  if (queued_ >= options_.max_queue_size) {
    return QueueFull(options_.model, options_.max_queue_size);
  }
  task->trace.enqueued = options_.clock->Now();
  ForgetExpired(task->trace.enqueued);
  ASSIGN_OR_RETURN(Sequence* const sequence, FindOrStart(*task->sequence));
  sequence->queue.push_back(request);
  sequence->open = !task->sequence->end;
  ++queued_;
  telemetry_->RecordQueued(1);
  WakeAt(task->deadline);
  if (!sequence->has_turn) {
    if (sequence->idle) idle_.erase(*sequence->idle);
    sequence->idle.reset();
    sequence->has_turn = true;
    ++turns_;
    *turn = sequence->shared_from_this();
  }
  return absl::OkStatus();
}

absl::StatusOr<SequenceScheduler::Sequence*> SequenceScheduler::FindOrStart(
    const SequencePlace& place) {
  const Key key(place.id, place.route);
  const auto found = sequences_.find(key);
  const bool known = found != sequences_.end();
  if (known && (found->second->open || place.start)) {
    return found->second.get();
  }
  if (!place.start) {
    return absl::InvalidArgumentError(
        absl::StrCat("sequence ", place.id, " of model '", options_.model,
                     "' has not started, has ended, was idle for more than ",
                     absl::FormatDuration(absl::FromChrono(options_.max_idle)),
                     ", or began before the model was reloaded; its first "
                     "request must specify sequence_start = true"));
  }
  if (Living() >= options_.max_sequences) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "sequence ", place.id, " of model '", options_.model,
        "' cannot start: ", Living(), " sequences live, and the limit is ",
        options_.max_sequences,
        "; end others with sequence_end = true or try again later"));
  }
  telemetry_->RecordSequences(1);
  auto sequence = std::make_shared<Sequence>(key, this);
  return (sequences_[key] = std::move(sequence)).get();
}

int64_t SequenceScheduler::Living() const {
  const auto size = static_cast<int64_t>(sequences_.size());
  if (size < options_.max_sequences) return size;
  return size - std::count_if(sequences_.begin(), sequences_.end(),
                              [](const auto& entry) {
                                const Sequence& sequence = *entry.second;
                                return !sequence.open && sequence.queue.empty();
                              });
}

void SequenceScheduler::ForgetExpired(MonoTime now) {
  const bool forgets = options_.max_idle > MonoDuration::zero();
  while (forgets && !idle_.empty() &&
         idle_.front()->idle_since + options_.max_idle <= now) {
    const Key key = idle_.front()->key;
    idle_.pop_front();
    Forget(key);
  }
}

void SequenceScheduler::Forget(const Key& key) {
  sequences_.erase(key);
  telemetry_->RecordSequences(-1);
}

void SequenceScheduler::RefuseQueued(const absl::Status& why) {
  std::vector<InferTask*> tasks;
  {
    MutexLock lock(&mu_);
    for (const auto& [key, sequence] : sequences_) {
      if (sequence->queue.empty()) continue;
      for (const Request& request : sequence->queue) {
        if (request.task != nullptr) tasks.push_back(request.task);
      }
      sequence->queue.clear();
      sequence->open = false;  // its requests are no longer without a gap
    }
    queued_ -= static_cast<int64_t>(tasks.size());
  }
  telemetry_->RecordQueued(-static_cast<int64_t>(tasks.size()));
  for (InferTask* task : tasks) task->Finish(why);
}

MonoDuration SequenceScheduler::RunNext(
    const std::shared_ptr<Sequence>& sequence) {
  std::optional<Request> request;
  {
    MutexLock lock(&mu_);
    if (!sequence->queue.empty()) {
      request = sequence->queue.front();
      sequence->queue.pop_front();
      if (request->task != nullptr) --queued_;
    }
  }
  MonoDuration took = MonoDuration::zero();
  if (request) {
    if (request->task != nullptr) telemetry_->RecordQueued(-1);
    took = Run(*request, sequence.get());
  }
  EndTurn(sequence);
  return took;
}

MonoDuration SequenceScheduler::Run(const Request& request,
                                    Sequence* sequence) {
  const SequencePlace place =
      request.task == nullptr ? request.place : *request.task->sequence;
  if (place.start) {  // whether it succeeds or not: no state of an old sequence
    sequence->state = nullptr;
    sequence->begun = false;
  }
  const ModelState* const before = sequence->state.get();
  const MonoDuration took = RunOrRefuse(request, sequence);
  // The task may be gone. A good run leaves another state.
  if (sequence->state.get() != before) {
    sequence->begun = true;
  } else if (place.end) {
    MutexLock lock(&mu_);
    if (sequence->queue.empty()) sequence->open = true;  // to be sent again
  }
  return took;
}

MonoDuration SequenceScheduler::RunOrRefuse(const Request& request,
                                            Sequence* sequence) {
  InferTask* const task = request.task;
  if (task == nullptr) return MonoDuration::zero();
  absl::Status refused = WhyDead(*task);
  if (refused.ok() && !task->sequence->start && !sequence->begun) {
    refused = absl::InvalidArgumentError(absl::StrCat(
        "sequence ", sequence->id(), " of model '", options_.model,
        "' has not begun, because its request with sequence_start failed; "
        "send that again"));
  }
  if (!refused.ok()) {
    task->Finish(refused);
    return MonoDuration::zero();
  }
  task->trace.batch_start = options_.clock->Now();
  task->trace.batch_rows = task->rows;
  return request.executor->Execute({{task}, task->rows, &sequence->state});
}

void SequenceScheduler::EndTurn(const std::shared_ptr<Sequence>& sequence) {
  {
    MutexLock lock(&mu_);
    if (sequence->queue.empty()) {
      sequence->has_turn = false;
      if (sequence->open) {
        sequence->idle_since = options_.clock->Now();
        sequence->idle = idle_.insert(idle_.end(), sequence.get());
      } else {
        Forget(sequence->key);
      }
      if (--turns_ == 0) drained_.SignalAll();
      return;
    }
  }
  lanes_.load()->RequestTurn(sequence, {options_.share});
}

void SequenceScheduler::Drain() {
  MutexLock lock(&mu_);
  while (turns_ > 0) drained_.Wait(&mu_);
}

}  // namespace sconce

// Manager's half that runs on its load threads and its unload thread.
#include <utility>

#include "absl/algorithm/container.h"

#include "server/core/manager.h"

namespace sconce {

void Manager::LoadThreadMain() {
  options_.on_load_thread_start();
  while (const HarnessPtr harness = NextLoad()) Load(harness);
}

Manager::HarnessPtr Manager::NextLoad() {
  MutexLock lock(&mu_);
  while (to_load_.empty() && !stopping_) load_work_.Wait(&mu_);
  if (stopping_) return nullptr;
  HarnessPtr harness = std::move(to_load_.front());
  to_load_.pop_front();
  return harness;
}

void Manager::Load(const HarnessPtr& harness) {
  const MemoryNeed need = harness->EstimateMemory();
  bool wait = false;
  absl::Status status = Admit(harness, need, &wait);
  if (wait) return;
  TellAll();
  if (status.ok()) status = harness->Load();
  options_.on_load_ended(status);
  EndLoad(harness, harness->EstimateMemory(), std::move(status));
}

// The decision, serial; the load itself is not. A load that was called off
// meanwhile does not begin.
absl::Status Manager::Admit(const HarnessPtr& harness, const MemoryNeed& need,
                            bool* wait) {
  using Answer = ResourceTracker::Answer;
  MutexLock lock(&mu_);
  const auto found = models_.find(harness->id().model);
  if (found == models_.end() ||
      !absl::c_linear_search(found->second.harnesses, harness)) {
    *wait = true;  // forgotten
    return absl::OkStatus();
  }
  const Answer answer = memory_.Reserve(harness->id().instance, need);
  if (answer == Answer::kWait) {
    wait_for_memory_.push_back(harness);
    *wait = true;
    return absl::OkStatus();
  }
  *wait = !harness->BeginLoad();
  if (!*wait) Note(harness->id());
  return answer == Answer::kRefused ? memory_.Refusal(need) : absl::OkStatus();
}

void Manager::EndLoad(const HarnessPtr& harness, const MemoryNeed& need,
                      absl::Status loaded) {
  Aftermath after;
  {
    MutexLock lock(&mu_);
    // With the memory: who sees the failure finds that given back.
    if (!loaded.ok()) (void)harness->Fail(std::move(loaded));
    if (harness->state() == ServableState::kError) {
      memory_.Release(harness->id().instance);
    } else {
      memory_.Settle(harness->id().instance, need);
      PublishOrAbandon(harness, &after);
    }
    Note(harness->id());
    Reconcile(harness->id().model, &after);
    RetryWaitingLoads();
  }
  Finish(std::move(after));
}

void Manager::PublishOrAbandon(const HarnessPtr& harness, Aftermath* after) {
  // It is registered as long as it is not disabled.
  const ModelEntry& entry = models_.find(harness->id().model)->second;
  if (!stopping_ && entry.IsAspired(*harness)) {
    (void)harness->Publish();
    return;
  }
  (void)harness->Abandon();
  memory_.MarkLeaving(harness->id().instance);
  after->draining.push_back(harness);
}

void Manager::UnloadThreadMain() {
  while (const HarnessPtr harness = NextUnload()) Unload(harness);
}

Manager::HarnessPtr Manager::NextUnload() {
  MutexLock lock(&mu_);
  while (to_unload_.empty() && !stopped_) unload_work_.Wait(&mu_);
  if (to_unload_.empty()) return nullptr;
  HarnessPtr harness = std::move(to_unload_.front());
  to_unload_.pop_front();
  return harness;
}

void Manager::Unload(const HarnessPtr& harness) {
  (void)harness->Unload();
  options_.on_unloaded();
  Aftermath after;
  {
    MutexLock lock(&mu_);
    // The plan forgets what is disabled.
    Reconcile(harness->id().model, &after);
    RetryWaitingLoads();
  }
  Finish(std::move(after));
}

}  // namespace sconce

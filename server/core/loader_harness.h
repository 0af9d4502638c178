// LoaderHarness: a Loader with its place in the servable's life.
#ifndef SERVER_CORE_LOADER_HARNESS_H_
#define SERVER_CORE_LOADER_HARNESS_H_

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

#include "server/base/inflight_gate.h"
#include "server/base/mutex.h"
#include "server/core/loader.h"
#include "server/core/reload_plan.h"
#include "server/core/servable_handle.h"
#include "server/core/servable_state.h"

namespace sconce {

inline Revision RevisionOf(const ServableSpec& spec) {
  return {spec.id.version, spec.revision};
}

// Makes the transitions drawn in servable_state.h, and no others, and hands
// out handles while the servable is ready. Thread-safe. A method that is told
// to make a transition tests the state and sets it in one step, and returns
// whether it did: of two threads that want the same one of them has it.
class LoaderHarness {
 public:
  LoaderHarness(ServableSpec spec, std::unique_ptr<Loader> loader);
  LoaderHarness(const LoaderHarness&) = delete;
  LoaderHarness& operator=(const LoaderHarness&) = delete;

  const ServableId& id() const { return spec_.id; }
  const ServableSpec& spec() const { return spec_; }
  Revision revision() const { return RevisionOf(spec_); }

  // As Loader, which is asked once: a load that waits for memory may ask often.
  // After Load(), `device_loaded` has what the load left beside. REQUIRES: the
  // thread that loads it.
  const MemoryNeed& EstimateMemory();

  // kNew -> kLoading.
  [[nodiscard]] bool BeginLoad() ABSL_LOCKS_EXCLUDED(mu_);

  // Runs the loader; blocks. The state stays kLoading whatever the outcome.
  // RESOURCE_EXHAUSTED, too, when an allocation of the loader's fails.
  // REQUIRES: BeginLoad() returned true; called once.
  absl::Status Load() ABSL_LOCKS_EXCLUDED(mu_);

  // kLoading -> kReady, after Load() went well. Handles can be had when this
  // returns, unless it is suspended.
  [[nodiscard]] bool Publish() ABSL_LOCKS_EXCLUDED(mu_);

  // kLoading -> kError, after Load() or what comes before it failed.
  [[nodiscard]] bool Fail(absl::Status status) ABSL_LOCKS_EXCLUDED(mu_);

  // kLoading -> kQuiescing: it went well, but nobody wants it any more.
  [[nodiscard]] bool Abandon() ABSL_LOCKS_EXCLUDED(mu_);

  // kReady -> kSuspended, and back when each Suspend() had its Resume(). Legal
  // in every state: while it loads, it is suspended when it is loaded. Return
  // whether report() changed.
  bool Suspend(const absl::Status& why) ABSL_LOCKS_EXCLUDED(mu_);
  bool Resume() ABSL_LOCKS_EXCLUDED(mu_);

  // kReady or kSuspended -> kQuiescing: no more handles.
  [[nodiscard]] bool BeginUnload() ABSL_LOCKS_EXCLUDED(mu_);

  // Calls `on_idle` once, when the last handle is gone: maybe before this
  // returns. REQUIRES: the state is kQuiescing; called once.
  void WhenIdle(std::function<void()> on_idle);

  // kQuiescing -> kDisabled: frees the servable. REQUIRES: no handles.
  [[nodiscard]] bool Unload() ABSL_LOCKS_EXCLUDED(mu_);

  // A handle while the servable is ready, else nothing. Takes no lock.
  std::optional<ServableHandle> TryGetHandle();

  ServableState state() const ABSL_LOCKS_EXCLUDED(mu_);
  ServableReport report() const ABSL_LOCKS_EXCLUDED(mu_);

  // Handles that are out.
  int64_t handles() const { return handles_.in_flight(); }

 private:
  ServableState ShownState() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool Move(ServableState from, ServableState to) ABSL_LOCKS_EXCLUDED(mu_);

  const ServableSpec spec_;
  std::unique_ptr<Loader> loader_;  // null when the load failed or it is gone
  std::optional<MemoryNeed> need_;  // of the thread that is to load it
  std::atomic<Servable*> servable_ = nullptr;  // for who is inside the gate
  InflightGate handles_;                       // open while it is ready

  mutable Mutex mu_;
  ServableState state_ ABSL_GUARDED_BY(mu_) = ServableState::kNew;
  absl::Status status_ ABSL_GUARDED_BY(mu_);
  // Shared with the reports.
  std::shared_ptr<const LoadSteps> load_steps_ ABSL_GUARDED_BY(mu_);
  // While above zero, kReady in state_ is kSuspended to everybody else.
  int suspensions_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Status suspended_because_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sconce

#endif  // SERVER_CORE_LOADER_HARNESS_H_

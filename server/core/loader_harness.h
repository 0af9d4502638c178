// LoaderHarness: a Loader with its place in the servable's life.
#ifndef SERVER_CORE_LOADER_HARNESS_H_
#define SERVER_CORE_LOADER_HARNESS_H_

#include <memory>
#include <optional>

#include "server/base/inflight_gate.h"
#include "server/base/mutex.h"
#include "server/core/loader.h"
#include "server/core/servable_handle.h"
#include "server/core/servable_state.h"

namespace sconce {

// Runs the transitions drawn in servable_state.h and hands out handles while
// the servable is ready. Thread-safe; each pair of Begin and Finish is called
// by one thread, once.
class LoaderHarness {
 public:
  LoaderHarness(ServableId id, std::unique_ptr<Loader> loader);
  LoaderHarness(const LoaderHarness&) = delete;
  LoaderHarness& operator=(const LoaderHarness&) = delete;

  const ServableId& id() const { return id_; }

  // kNew -> kLoading. REQUIRES: state is kNew.
  void BeginLoad() ABSL_LOCKS_EXCLUDED(mu_);

  // kLoading -> kReady or kError. Blocks.
  void FinishLoad() ABSL_LOCKS_EXCLUDED(mu_);

  // kReady -> kSuspended, and back when each Suspend() had its Resume(). Legal
  // in every state: while it loads, it is suspended when it is loaded. Return
  // whether report() changed.
  bool Suspend(const absl::Status& why) ABSL_LOCKS_EXCLUDED(mu_);
  bool Resume() ABSL_LOCKS_EXCLUDED(mu_);

  // kReady or kSuspended -> kQuiescing. In another state does nothing and
  // returns false.
  [[nodiscard]] bool BeginUnload() ABSL_LOCKS_EXCLUDED(mu_);

  // kQuiescing -> kDisabled: waits for the handles, then unloads. Blocks.
  // REQUIRES: BeginUnload() returned true.
  void FinishUnload() ABSL_LOCKS_EXCLUDED(mu_);

  // A handle while the servable is ready, else nothing.
  std::optional<ServableHandle> TryGetHandle() ABSL_LOCKS_EXCLUDED(mu_);

  ServableReport report() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void SetState(ServableState state, absl::Status status)
      ABSL_LOCKS_EXCLUDED(mu_);

  const ServableId id_;
  const std::unique_ptr<Loader> loader_;
  InflightGate handles_;

  mutable Mutex mu_;
  ServableState state_ ABSL_GUARDED_BY(mu_) = ServableState::kNew;
  absl::Status status_ ABSL_GUARDED_BY(mu_);
  LoadSteps load_steps_ ABSL_GUARDED_BY(mu_);
  // While above zero, kReady in state_ is kSuspended to everybody else.
  int suspensions_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Status suspended_because_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sconce

#endif  // SERVER_CORE_LOADER_HARNESS_H_

// Manager: the registry of models. It loads what sources find and hands out
// servables by name.
#ifndef SERVER_CORE_MANAGER_H_
#define SERVER_CORE_MANAGER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "server/base/mutex.h"
#include "server/base/thread.h"
#include "server/core/loader.h"
#include "server/core/loader_harness.h"
#include "server/core/servable_handle.h"
#include "server/core/servable_state.h"

namespace sconce {

// Thread-safe. The destructor unloads everything; handles must be gone by
// then.
class Manager {
 public:
  // Told of every change of a servable's state, on the thread that made it.
  // One call at a time, so that the last one tells the newest. Must not change
  // a state itself.
  using StateListener = std::function<void(const ServableReport&)>;

  struct Options {
    LoaderFactory loader_factory;
    int load_threads = 1;  // models loaded at the same time
    StateListener on_state_change = [](const ServableReport&) {};
  };

  explicit Manager(Options options);
  ~Manager();
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  // Registers `spec` and queues its load; returns at once. ALREADY_EXISTS
  // when the model version is registered, UNAVAILABLE after UnloadAll().
  absl::Status Add(const ServableSpec& spec) ABSL_LOCKS_EXCLUDED(mu_);

  // A handle of the version, or of the highest ready one when no version is
  // given. NOT_FOUND: no such model or version. UNAVAILABLE: it is loading,
  // its load failed or it is suspended, with the reason.
  absl::StatusOr<ServableHandle> GetHandle(absl::string_view model,
                                           std::optional<int64_t> version) const
      ABSL_LOCKS_EXCLUDED(mu_);

  // Every registered servable, by name, then version.
  std::vector<ServableReport> Index() const ABSL_LOCKS_EXCLUDED(mu_);

  // Whether every load that was asked for has ended, well or not. Already
  // true while the listener hears of the last one.
  bool IsSettled() const ABSL_LOCKS_EXCLUDED(mu_);

  // Hands out no handles of the servable until each Suspend() had its Resume().
  // Without effect for a servable that is not registered.
  void Suspend(const ServableId& id, const absl::Status& why)
      ABSL_LOCKS_EXCLUDED(mu_, tell_mu_);
  void Resume(const ServableId& id) ABSL_LOCKS_EXCLUDED(mu_, tell_mu_);

  // Waits for the handles to go, then unloads everything. Blocks.
  void UnloadAll() ABSL_LOCKS_EXCLUDED(mu_, tell_mu_);

 private:
  using Versions = std::map<int64_t, std::shared_ptr<LoaderHarness>>;
  using ServingMap = std::map<std::string, Versions, std::less<>>;

  void LoadThreadMain() ABSL_LOCKS_EXCLUDED(mu_);
  std::shared_ptr<LoaderHarness> NextLoad() ABSL_LOCKS_EXCLUDED(mu_);
  void Load(LoaderHarness* harness);
  void Unload(LoaderHarness* harness);
  std::shared_ptr<LoaderHarness> Find(const ServableId& id) const
      ABSL_LOCKS_EXCLUDED(mu_);
  // Tells the listener of the state that `harness` is in now.
  void Tell(const LoaderHarness& harness) ABSL_LOCKS_EXCLUDED(mu_, tell_mu_);
  std::shared_ptr<const ServingMap> snapshot() const ABSL_LOCKS_EXCLUDED(mu_);

  const Options options_;

  Mutex tell_mu_;  // before mu_ where both are held

  mutable Mutex mu_;
  CondVar work_;
  // Replaced, never changed, so that readers need no lock while they look.
  std::shared_ptr<const ServingMap> serving_ ABSL_GUARDED_BY(mu_);
  std::deque<std::shared_ptr<LoaderHarness>> to_load_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;

  std::vector<Thread> load_threads_;  // constant after construction
};

}  // namespace sconce

#endif  // SERVER_CORE_MANAGER_H_

// Manager: the registry of models. It loads and unloads until what is there is
// what was wanted, and hands out servables by name.
#ifndef SERVER_CORE_MANAGER_H_
#define SERVER_CORE_MANAGER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "server/base/mutex.h"
#include "server/base/thread.h"
#include "server/core/loader.h"
#include "server/core/loader_harness.h"
#include "server/core/model_entry.h"
#include "server/core/resource_tracker.h"
#include "server/core/servable_handle.h"
#include "server/core/servable_state.h"
#include "server/core/serving_table.h"
#include "server/core/version_selector.h"

namespace sconce {

// Thread-safe. Decisions are made under one lock and are short; what takes time
// happens on the load threads and the unload thread. Nothing waits for requests
// in flight: the one that ends last hands its servable to the unload thread.
// The destructor unloads everything; handles must be gone by then.
class Manager {
 public:
  // Told of every change of a servable's state, in their order, one call at a
  // time, on a thread that makes changes. Must not change a
  // state itself. kDisabled: the version is not registered any more.
  using StateListener = std::function<void(const ServableReport&)>;
  using Done = ModelEntry::Done;

  struct Options {
    LoaderFactory loader_factory;
    int load_threads = 1;  // models loaded at the same time
    // Bytes for all models; 0 is no limit.
    int64_t memory_budget = 0;
    ResourceTracker::Budgets device_memory_budgets;
    StateListener on_state_change = [](const ServableReport&) {};
    std::function<void()> on_load_thread_start = [] {};
    // A load that had begun is over, or was refused; the registry does not
    // know yet. On its load thread.
    std::function<void(const absl::Status&)> on_load_ended =
        [](const absl::Status&) {};
    // After a servable was freed, on the unload thread.
    std::function<void()> on_unloaded = [] {};
  };

  explicit Manager(Options options);
  ~Manager();
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  // States all that is wanted of a model, in place of what was wanted before,
  // and returns at once. `done` is called once, on any thread: when each of
  // these versions is ready, with the first failure when all loads have ended,
  // with ABORTED when a later call wants something else. What is not wanted any
  // more goes as PlanReload() says. UNAVAILABLE after UnloadAll().
  void SetAspired(
      AspiredModel model, Done done = [](const absl::Status&) {})
      ABSL_LOCKS_EXCLUDED(mu_, tell_mu_);

  // One more version is wanted. ALREADY_EXISTS when it is already.
  absl::Status Add(const ServableSpec& spec) ABSL_LOCKS_EXCLUDED(mu_, tell_mu_);

  // Where requests that name an alias, or no version, go from now on. NOT_FOUND
  // for a model that is not registered.
  absl::Status SetRoutes(absl::string_view model, ModelRoutes routes)
      ABSL_LOCKS_EXCLUDED(mu_);

  // A handle of the version that `selector` chooses. NOT_FOUND: no such model
  // or version. INVALID_ARGUMENT: no such alias. UNAVAILABLE: it is loading,
  // its load failed or it is suspended, with the reason. Takes no lock while
  // the registry stays as it is.
  absl::StatusOr<ServableHandle> GetHandle(
      absl::string_view model, const VersionSelector& selector) const {
    return serving_.GetHandle(model, selector);
  }

  // Every registered version, by name, then version.
  std::vector<ServableReport> Index() const { return serving_.Index(); }

  // What requests of the model see; null when it is not registered.
  std::shared_ptr<const ServingModel> Find(absl::string_view model) const {
    return serving_.Find(model);
  }

  // Whether every load that was asked for has ended, well or not. Already true
  // while the listener hears of the last one.
  bool IsSettled() const;

  // What is to be loaded, loads, or has handles out.
  std::vector<ServableId> Busy() const ABSL_LOCKS_EXCLUDED(mu_);

  // Handles that are out, by model and version.
  std::map<std::pair<std::string, int64_t>, int64_t> InFlight() const
      ABSL_LOCKS_EXCLUDED(mu_);

  // Bytes that are promised to what is loaded, loading or on its way out.
  int64_t reserved_memory() const ABSL_LOCKS_EXCLUDED(mu_);
  int64_t reserved_memory_of(const std::string& device) const
      ABSL_LOCKS_EXCLUDED(mu_);

  // Hands out no handles of the instance until each Suspend() had its Resume().
  // Without effect for one that is not registered.
  void Suspend(const ServableId& id, const absl::Status& why)
      ABSL_LOCKS_EXCLUDED(mu_, tell_mu_);
  void Resume(const ServableId& id) ABSL_LOCKS_EXCLUDED(mu_, tell_mu_);

  // No load begins any more, none that goes on takes a version's place, and who
  // waits for one is told so with UNAVAILABLE. What is loaded serves on.
  void StopLoads() ABSL_LOCKS_EXCLUDED(mu_, tell_mu_);

  // Lets the loads that go on end, waits for the handles to go, unloads
  // everything. Blocks.
  void UnloadAll() ABSL_LOCKS_EXCLUDED(mu_, tell_mu_);

 private:
  using HarnessPtr = std::shared_ptr<LoaderHarness>;

  // What is to be done when no lock is held any more.
  struct Aftermath {
    std::vector<HarnessPtr> draining;
    std::vector<ModelEntry::Answer> answers;
    std::vector<HarnessPtr> forgotten;
  };

  // What is wanted of the model at present.
  AspiredModel AspiredNow(const std::string& model) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Aspire(AspiredModel model, Done done, Aftermath* after)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // Brings the model nearer to what is wanted.
  void Reconcile(const std::string& model, Aftermath* after)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void StartLoad(ServableSpec spec, ModelEntry* entry)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Forget(const HarnessPtr& harness, ModelEntry* entry)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ForgetFailed(ModelEntry* entry, Aftermath* after)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void RetryWaitingLoads() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Finish(Aftermath after) ABSL_LOCKS_EXCLUDED(mu_, tell_mu_);
  void Drain(const HarnessPtr& harness) ABSL_LOCKS_EXCLUDED(mu_);

  void LoadThreadMain() ABSL_LOCKS_EXCLUDED(mu_, tell_mu_);
  HarnessPtr NextLoad() ABSL_LOCKS_EXCLUDED(mu_);
  void Load(const HarnessPtr& harness) ABSL_LOCKS_EXCLUDED(mu_, tell_mu_);
  absl::Status Admit(const HarnessPtr& harness, const MemoryNeed& need,
                     bool* wait) ABSL_LOCKS_EXCLUDED(mu_);
  void EndLoad(const HarnessPtr& harness, const MemoryNeed& need,
               absl::Status loaded) ABSL_LOCKS_EXCLUDED(mu_, tell_mu_);

  void PublishOrAbandon(const HarnessPtr& harness, Aftermath* after)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  void UnloadThreadMain() ABSL_LOCKS_EXCLUDED(mu_, tell_mu_);
  HarnessPtr NextUnload() ABSL_LOCKS_EXCLUDED(mu_);
  void Unload(const HarnessPtr& harness) ABSL_LOCKS_EXCLUDED(mu_, tell_mu_);

  // The version's state has changed: the listener is to hear of it as it is
  // now.
  void Note(const ServableId& id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Tells the listener what was noted.
  void TellAll() ABSL_LOCKS_EXCLUDED(mu_, tell_mu_);
  std::optional<ServableReport> NextToTell() ABSL_LOCKS_EXCLUDED(mu_);

  const Options options_;

  Mutex tell_mu_;  // before mu_ where both are held

  mutable Mutex mu_;
  CondVar load_work_;
  CondVar unload_work_;
  CondVar empty_;
  std::map<std::string, ModelEntry, std::less<>> models_ ABSL_GUARDED_BY(mu_);
  ResourceTracker memory_ ABSL_GUARDED_BY(mu_);
  std::deque<HarnessPtr> to_load_ ABSL_GUARDED_BY(mu_);
  std::vector<HarnessPtr> wait_for_memory_ ABSL_GUARDED_BY(mu_);
  std::deque<HarnessPtr> to_unload_ ABSL_GUARDED_BY(mu_);
  std::deque<ServableReport> to_tell_ ABSL_GUARDED_BY(mu_);
  int64_t last_instance_ ABSL_GUARDED_BY(mu_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;  // no more loads
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;   // no more unloads

  ServingTable serving_;

  std::vector<Thread> load_threads_;  // constant after construction
  std::optional<Thread> unload_thread_;
};

}  // namespace sconce

#endif  // SERVER_CORE_MANAGER_H_

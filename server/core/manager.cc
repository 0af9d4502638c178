#include "server/core/manager.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"

namespace sconce {
namespace {

absl::Status Stopping() {
  return absl::UnavailableError("the server is stopping");
}

}  // namespace

Manager::Manager(Options options)
    : options_(std::move(options)),
      memory_(options_.memory_budget, options_.device_memory_budgets) {
  for (int i = 0; i < options_.load_threads; ++i) {
    load_threads_.emplace_back(absl::StrCat("load-", i),
                               [this] { LoadThreadMain(); });
  }
  unload_thread_.emplace("unload", [this] { UnloadThreadMain(); });
}

Manager::~Manager() { UnloadAll(); }

void Manager::SetAspired(AspiredModel model, Done done) {
  Aftermath after;
  {
    MutexLock lock(&mu_);
    Aspire(std::move(model), std::move(done), &after);
  }
  Finish(std::move(after));
}

absl::Status Manager::Add(const ServableSpec& spec) {
  Aftermath after;
  {
    MutexLock lock(&mu_);
    if (stopping_) return Stopping();
    AspiredModel wanted = AspiredNow(spec.id.model);
    for (const ServableSpec& other : wanted.versions) {
      if (other.id.version != spec.id.version) continue;
      return absl::AlreadyExistsError(
          absl::StrCat(spec.id.ToString(), " is registered already"));
    }
    wanted.versions.push_back(spec);
    Aspire(
        std::move(wanted), [](const absl::Status&) {}, &after);
  }
  Finish(std::move(after));
  return absl::OkStatus();
}

absl::Status Manager::SetRoutes(absl::string_view model, ModelRoutes routes) {
  MutexLock lock(&mu_);
  const auto found = models_.find(model);
  if (found == models_.end()) return UnknownModel(model);
  found->second.routes = std::move(routes);
  serving_.Publish(found->first, found->second.harnesses, found->second.routes);
  return absl::OkStatus();
}

std::map<std::pair<std::string, int64_t>, int64_t> Manager::InFlight() const {
  MutexLock lock(&mu_);
  std::map<std::pair<std::string, int64_t>, int64_t> in_flight;
  for (const auto& [name, entry] : models_) {
    for (const HarnessPtr& harness : entry.harnesses) {
      in_flight[{name, harness->id().version}] += harness->handles();
    }
  }
  return in_flight;
}

int64_t Manager::reserved_memory() const {
  MutexLock lock(&mu_);
  return memory_.reserved();
}

int64_t Manager::reserved_memory_of(const std::string& device) const {
  MutexLock lock(&mu_);
  return memory_.reserved_on(device);
}

bool Manager::IsSettled() const {
  const std::vector<ServableReport> reports = Index();
  return absl::c_none_of(
      reports, [](const ServableReport& r) { return IsPending(r.state); });
}

std::vector<ServableId> Manager::Busy() const {
  MutexLock lock(&mu_);
  std::vector<ServableId> busy;
  for (const auto& [name, entry] : models_) {
    for (const HarnessPtr& harness : entry.harnesses) {
      const ServableState state = harness->state();
      const bool is_stuck = state == ServableState::kSuspended;
      if (!IsPending(state) && !is_stuck && harness->handles() == 0) continue;
      busy.push_back(harness->id());
    }
  }
  return busy;
}

void Manager::Suspend(const ServableId& id, const absl::Status& why) {
  const HarnessPtr harness = serving_.FindInstance(id);
  if (harness == nullptr) return;
  {
    MutexLock lock(&mu_);
    if (harness->Suspend(why)) Note(id);
  }
  TellAll();
}

void Manager::Resume(const ServableId& id) {
  const HarnessPtr harness = serving_.FindInstance(id);
  if (harness == nullptr) return;
  Aftermath after;
  {
    MutexLock lock(&mu_);
    if (!harness->Resume()) return;
    Note(id);
    Reconcile(id.model, &after);  // what it replaces may have waited for it
  }
  Finish(std::move(after));
}

void Manager::StopLoads() {
  Aftermath after;
  {
    MutexLock lock(&mu_);
    stopping_ = true;
    load_work_.SignalAll();
    for (auto& [name, entry] : models_) {
      for (ModelEntry::Waiter& waiter : entry.waiters) {
        after.answers.push_back({std::move(waiter.done), Stopping()});
      }
      entry.waiters.clear();
    }
  }
  Finish(std::move(after));
}

void Manager::UnloadAll() {
  Aftermath after;
  {
    MutexLock lock(&mu_);
    stopping_ = true;
    std::vector<std::string> names;
    for (auto& [name, entry] : models_) {
      entry.aspired.clear();
      names.push_back(name);
    }
    for (const std::string& name : names) Reconcile(name, &after);
    load_work_.SignalAll();
  }
  Finish(std::move(after));
  for (Thread& thread : load_threads_) thread.Join();
  {
    MutexLock lock(&mu_);
    while (!models_.empty()) empty_.Wait(&mu_);
    stopped_ = true;
    unload_work_.SignalAll();
  }
  if (unload_thread_) unload_thread_->Join();
}

AspiredModel Manager::AspiredNow(const std::string& model) const {
  AspiredModel wanted;
  wanted.name = model;
  const auto found = models_.find(model);
  if (found == models_.end()) return wanted;
  wanted.versions = found->second.aspired;
  wanted.policy = found->second.policy;
  return wanted;
}

void Manager::Aspire(AspiredModel model, Done done, Aftermath* after) {
  if (stopping_) {
    after->answers.push_back({std::move(done), Stopping()});
    return;
  }
  ModelEntry& entry = models_[model.name];
  ModelEntry::Waiter waiter{{}, std::move(done)};
  for (const ServableSpec& spec : model.versions) {
    const bool waits = model.wait_for.empty() ||
                       absl::c_linear_search(model.wait_for, spec.id.version);
    if (waits) waiter.wanted.push_back(RevisionOf(spec));
  }
  const std::string name = model.name;
  if (model.retry_failed) ForgetFailed(&entry, after);
  entry.Aspire(std::move(model));
  entry.waiters.push_back(std::move(waiter));
  Reconcile(name, after);
}

void Manager::Reconcile(const std::string& model, Aftermath* after) {
  const auto found = models_.find(model);
  if (found == models_.end()) return;  // another thread saw the last one go
  ModelEntry& entry = found->second;
  const ReloadPlan plan = entry.Plan();
  std::vector<HarnessPtr> forget;
  for (size_t i : plan.forget) forget.push_back(entry.harnesses[i]);
  // Readers that find the old one closed see the count, and then the new one.
  if (!plan.unload.empty()) serving_.AnnounceSwitch();
  for (size_t i : plan.unload) {
    const HarnessPtr& harness = entry.harnesses[i];
    if (!harness->BeginUnload()) continue;
    memory_.MarkLeaving(harness->id().instance);
    after->draining.push_back(harness);
    Note(harness->id());
  }
  for (const HarnessPtr& harness : entry.harnesses) {
    if (harness->state() != ServableState::kLoading) continue;
    if (entry.IsAspired(*harness)) continue;
    memory_.MarkLeaving(harness->id().instance);  // it will be abandoned
  }
  for (size_t i : plan.load) StartLoad(entry.aspired[i], &entry);
  for (const HarnessPtr& harness : forget) {
    Forget(harness, &entry);
    Note(harness->id());
    after->forgotten.push_back(harness);
  }
  for (ModelEntry::Answer& answer : entry.TakeAnswers()) {
    after->answers.push_back(std::move(answer));
  }
  if (std::exchange(entry.unpublished, false)) {
    serving_.Publish(model, entry.harnesses, entry.routes);
  }
  if (!entry.harnesses.empty() || !entry.aspired.empty()) return;
  models_.erase(found);  // nothing is left and nothing is wanted
  if (models_.empty()) empty_.SignalAll();
}

void Manager::StartLoad(ServableSpec spec, ModelEntry* entry) {
  spec.id.instance = ++last_instance_;
  std::unique_ptr<Loader> loader = options_.loader_factory(spec);
  auto harness =
      std::make_shared<LoaderHarness>(std::move(spec), std::move(loader));
  entry->harnesses.push_back(harness);
  entry->unpublished = true;
  to_load_.push_back(std::move(harness));
  load_work_.Signal();
}

void Manager::Forget(const HarnessPtr& harness, ModelEntry* entry) {
  const auto remove = [&](auto* from) {
    from->erase(std::remove(from->begin(), from->end(), harness), from->end());
  };
  remove(&entry->harnesses);
  entry->unpublished = true;
  remove(&to_load_);
  remove(&wait_for_memory_);
  memory_.Release(harness->id().instance);
}

void Manager::ForgetFailed(ModelEntry* entry, Aftermath* after) {
  const std::vector<HarnessPtr> all = entry->harnesses;
  for (const HarnessPtr& harness : all) {
    if (harness->state() != ServableState::kError) continue;
    Forget(harness, entry);
    Note(harness->id());
    after->forgotten.push_back(harness);
  }
}

void Manager::RetryWaitingLoads() {
  to_load_.insert(to_load_.begin(), wait_for_memory_.begin(),
                  wait_for_memory_.end());
  wait_for_memory_.clear();
  load_work_.SignalAll();
}

void Manager::Finish(Aftermath after) {
  TellAll();
  for (const HarnessPtr& harness : after.draining) Drain(harness);
  for (const ModelEntry::Answer& answer : after.answers) {
    answer.done(answer.status);
  }
}

void Manager::Drain(const HarnessPtr& harness) {
  harness->WhenIdle([this, harness] {
    MutexLock lock(&mu_);
    to_unload_.push_back(harness);
    unload_work_.Signal();
  });
}

void Manager::Note(const ServableId& id) {
  const auto model = models_.find(id.model);
  std::optional<ServableReport> report;
  if (model != models_.end() && !model->second.harnesses.empty()) {
    report = ServingModel(model->second.harnesses, {}).Report(id.version);
  }
  to_tell_.push_back(
      report.value_or(ServableReport{id, ServableState::kDisabled, {}, {}}));
}

// Whoever is first tells what others have noted, too, so that everything is
// told in the order in which it happened.
void Manager::TellAll() {
  MutexLock telling(&tell_mu_);
  while (const std::optional<ServableReport> report = NextToTell()) {
    options_.on_state_change(*report);
  }
}

std::optional<ServableReport> Manager::NextToTell() {
  MutexLock lock(&mu_);
  if (to_tell_.empty()) return std::nullopt;
  ServableReport report = std::move(to_tell_.front());
  to_tell_.pop_front();
  return report;
}

}  // namespace sconce

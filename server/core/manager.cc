#include "server/core/manager.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sconce {
namespace {

absl::Status UnknownModel(absl::string_view model) {
  return absl::NotFoundError(absl::StrCat(
      "Request for unknown model: '", model,
      "' is not found; RepositoryIndex lists the models of this server"));
}

absl::Status UnknownVersion(absl::string_view model, int64_t version) {
  return absl::NotFoundError(absl::StrCat("Request for unknown model: '", model,
                                          "' version ", version,
                                          " is not found"));
}

absl::Status NotReady(const ServableReport& report) {
  const std::string what =
      absl::StrCat(report.id.ToString(), " is not at ready state: ");
  if (!report.status.ok()) {
    return absl::UnavailableError(absl::StrCat(what, report.status.message()));
  }
  return absl::UnavailableError(absl::StrCat(
      what, "it is ", ServableStateName(report.state), "; try again later"));
}

}  // namespace

Manager::Manager(Options options)
    : options_(std::move(options)),
      serving_(std::make_shared<const ServingMap>()) {
  for (int i = 0; i < options_.load_threads; ++i) {
    load_threads_.emplace_back(absl::StrCat("load-", i),
                               [this] { LoadThreadMain(); });
  }
}

Manager::~Manager() {
  UnloadAll();
  // What failed to load may still run and be resumed while it is freed, which
  // looks it up.
  auto last = std::make_shared<const ServingMap>();
  MutexLock lock(&mu_);
  last.swap(serving_);
}

absl::Status Manager::Add(const ServableSpec& spec) {
  auto harness =
      std::make_shared<LoaderHarness>(spec.id, options_.loader_factory(spec));
  {
    MutexLock lock(&mu_);
    if (stopping_) return absl::UnavailableError("the server is stopping");
    auto next = std::make_shared<ServingMap>(*serving_);
    if (!(*next)[spec.id.model].emplace(spec.id.version, harness).second) {
      return absl::AlreadyExistsError(
          absl::StrCat(spec.id.ToString(), " is registered already"));
    }
    serving_ = std::move(next);
    to_load_.push_back(std::move(harness));
  }
  work_.Signal();
  return absl::OkStatus();
}

absl::StatusOr<ServableHandle> Manager::GetHandle(
    absl::string_view model, std::optional<int64_t> version) const {
  const std::shared_ptr<const ServingMap> serving = snapshot();
  const auto found = serving->find(model);
  if (found == serving->end()) return UnknownModel(model);
  const Versions& versions = found->second;
  if (version) {
    const auto it = versions.find(*version);
    if (it == versions.end()) return UnknownVersion(model, *version);
    if (auto handle = it->second->TryGetHandle()) return std::move(*handle);
    return NotReady(it->second->report());
  }
  for (auto it = versions.rbegin(); it != versions.rend(); ++it) {
    if (auto handle = it->second->TryGetHandle()) return std::move(*handle);
  }
  return NotReady(versions.rbegin()->second->report());
}

std::vector<ServableReport> Manager::Index() const {
  const std::shared_ptr<const ServingMap> serving = snapshot();
  std::vector<ServableReport> reports;
  for (const auto& [model, versions] : *serving) {
    for (const auto& [version, harness] : versions) {
      reports.push_back(harness->report());
    }
  }
  return reports;
}

bool Manager::IsSettled() const {
  const std::vector<ServableReport> reports = Index();
  return std::none_of(reports.begin(), reports.end(),
                      [](const ServableReport& r) {
                        return r.state == ServableState::kNew ||
                               r.state == ServableState::kLoading;
                      });
}

void Manager::Suspend(const ServableId& id, const absl::Status& why) {
  const std::shared_ptr<LoaderHarness> harness = Find(id);
  if (harness != nullptr && harness->Suspend(why)) Tell(*harness);
}

void Manager::Resume(const ServableId& id) {
  const std::shared_ptr<LoaderHarness> harness = Find(id);
  if (harness != nullptr && harness->Resume()) Tell(*harness);
}

void Manager::UnloadAll() {
  {
    MutexLock lock(&mu_);
    stopping_ = true;
    to_load_.clear();
  }
  work_.SignalAll();
  for (Thread& thread : load_threads_) thread.Join();
  const std::shared_ptr<const ServingMap> serving = snapshot();
  for (const auto& [model, versions] : *serving) {
    for (const auto& [version, harness] : versions) {
      Unload(harness.get());
    }
  }
}

void Manager::LoadThreadMain() {
  while (std::shared_ptr<LoaderHarness> harness = NextLoad()) {
    Load(harness.get());
  }
}

std::shared_ptr<LoaderHarness> Manager::NextLoad() {
  MutexLock lock(&mu_);
  while (to_load_.empty() && !stopping_) work_.Wait(&mu_);
  if (stopping_) return nullptr;
  std::shared_ptr<LoaderHarness> harness = std::move(to_load_.front());
  to_load_.pop_front();
  return harness;
}

void Manager::Load(LoaderHarness* harness) {
  harness->BeginLoad();
  Tell(*harness);
  harness->FinishLoad();
  Tell(*harness);
}

void Manager::Unload(LoaderHarness* harness) {
  if (!harness->BeginUnload()) return;
  Tell(*harness);
  harness->FinishUnload();
  Tell(*harness);
}

// Asking and telling are one step, so that the last thing told is the newest.
void Manager::Tell(const LoaderHarness& harness) {
  MutexLock lock(&tell_mu_);
  options_.on_state_change(harness.report());
}

std::shared_ptr<LoaderHarness> Manager::Find(const ServableId& id) const {
  const std::shared_ptr<const ServingMap> serving = snapshot();
  const auto model = serving->find(id.model);
  if (model == serving->end()) return nullptr;
  const auto version = model->second.find(id.version);
  return version == model->second.end() ? nullptr : version->second;
}

std::shared_ptr<const Manager::ServingMap> Manager::snapshot() const {
  MutexLock lock(&mu_);
  return serving_;
}

}  // namespace sconce

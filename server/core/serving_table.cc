#include "server/core/serving_table.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"

namespace sconce {
namespace {

// A number of its own for each request of the thread; ServingModel spreads it.
uint64_t NextDraw() {
  static std::atomic<uint64_t> threads = 0;
  thread_local uint64_t draw = ++threads << 40;
  return ++draw;
}

}  // namespace

absl::Status UnknownModel(absl::string_view model) {
  return absl::NotFoundError(absl::StrCat(
      "Request for unknown model: '", model,
      "' is not found; RepositoryIndex lists the models of this server"));
}

absl::StatusOr<ServableHandle> ServingTable::GetHandle(
    absl::string_view model, const VersionSelector& selector) const {
  const uint64_t draw = NextDraw();
  while (true) {
    const uint64_t before = switches_.load(std::memory_order_acquire);
    const ServingMap& serving = map_.Read();
    const auto found = serving.find(model);
    if (found == serving.end()) return UnknownModel(model);
    auto handle = found->second->TryGetHandle(selector, draw);
    if (handle) return *std::move(handle);
    if (switches_.load(std::memory_order_acquire) != before) continue;
    absl::Status why = found->second->WhyNot(selector);
    if (!why.ok()) return why;  // else it became ready after the look
  }
}

std::vector<ServableReport> ServingTable::Index() const {
  const std::shared_ptr<const ServingMap> serving = map_.Get();
  std::vector<ServableReport> all;
  for (const auto& [name, model] : *serving) {
    for (ServableReport& report : model->Reports()) {
      all.push_back(std::move(report));
    }
  }
  absl::c_sort(all, [](const ServableReport& a, const ServableReport& b) {
    return std::tie(a.id.model, a.id.version) <
           std::tie(b.id.model, b.id.version);
  });
  return all;
}

std::shared_ptr<const ServingModel> ServingTable::Find(
    absl::string_view model) const {
  const std::shared_ptr<const ServingMap> serving = map_.Get();
  const auto found = serving->find(model);
  return found == serving->end() ? nullptr : found->second;
}

std::shared_ptr<LoaderHarness> ServingTable::FindInstance(
    const ServableId& id) const {
  const auto model = Find(id.model);
  if (model == nullptr) return nullptr;
  for (const auto& harness : model->harnesses()) {
    if (harness->id().instance == id.instance) return harness;
  }
  return nullptr;
}

void ServingTable::Publish(const std::string& model,
                           const ServingModel::Harnesses& harnesses,
                           const ModelRoutes& routes) {
  auto next = std::make_shared<ServingMap>(*map_.Get());
  if (harnesses.empty()) {
    next->erase(model);
  } else {
    (*next)[model] = std::make_shared<const ServingModel>(harnesses, routes);
  }
  map_.Set(std::move(next));
}

}  // namespace sconce

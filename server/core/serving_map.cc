#include "server/core/serving_map.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sconce {
namespace {

absl::Status NotReady(const ServableReport& report) {
  if (report.state == ServableState::kReady) return absl::OkStatus();
  const std::string what =
      absl::StrCat(report.id.ToString(), " is not at ready state: ");
  if (!report.status.ok()) {
    return absl::UnavailableError(absl::StrCat(what, report.status.message()));
  }
  return absl::UnavailableError(absl::StrCat(
      what, "it is ", ServableStateName(report.state), "; try again later"));
}

absl::Status UnknownVersion(absl::string_view model, int64_t version) {
  return absl::NotFoundError(absl::StrCat("Request for unknown model: '", model,
                                          "' version ", version,
                                          " is not found"));
}

absl::Status UnknownAlias(const VersionSelector& selector,
                          const ModelRoutes& routes) {
  std::vector<std::string> known;
  for (const auto& [alias, version] : routes.aliases) known.push_back(alias);
  return absl::InvalidArgumentError(absl::StrCat(
      "failed to get model version from specified version string '",
      selector.alias, "': it is neither a number nor an alias of the model",
      known.empty() ? ", which has none"
                    : absl::StrCat(" (", absl::StrJoin(known, ", "), ")")));
}

// What stands for a version that has several contents: the least.
int Rank(ServableState state) {
  switch (state) {
    case ServableState::kReady:
      return 0;
    case ServableState::kSuspended:
      return 1;
    case ServableState::kLoading:
    case ServableState::kNew:
      return 2;
    case ServableState::kQuiescing:
      return 3;
    case ServableState::kError:
      return 4;
    case ServableState::kDisabled:
      return 5;
  }
  return 5;
}

// Two contents of one version, the newer first or second.
ServableReport Merge(ServableReport a, ServableReport b) {
  if (Rank(b.state) < Rank(a.state)) std::swap(a, b);
  if (a.status.ok() && a.state == ServableState::kReady &&
      b.state == ServableState::kError) {
    a.status = absl::Status(
        b.status.code(),
        absl::StrCat(
            "the reload failed, and what was loaded before serves on: ",
            b.status.message()));
  }
  return a;
}

// Spreads keys that are alike (Steele, Lea, Flood: SplitMix64, 2014).
uint64_t Mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

ServingModel::Harnesses Sorted(ServingModel::Harnesses harnesses) {
  std::sort(harnesses.begin(), harnesses.end(),
            [](const auto& a, const auto& b) {
              return std::pair(a->id().version, a->id().instance) >
                     std::pair(b->id().version, b->id().instance);
            });
  return harnesses;
}

}  // namespace

ServingModel::ServingModel(Harnesses harnesses, ModelRoutes routes)
    : harnesses_(Sorted(std::move(harnesses))), routes_(std::move(routes)) {
  for (const TrafficShare& share : routes_.traffic) {
    total_weight_ += share.weight;
  }
}

std::optional<ServableHandle> ServingModel::TryGetHandle(
    const VersionSelector& selector, uint64_t draw) const {
  if (selector.version) return HandleOf(*selector.version);
  if (!selector.alias.empty()) {
    const auto alias = routes_.aliases.find(selector.alias);
    if (alias == routes_.aliases.end()) return std::nullopt;
    return HandleOf(alias->second);
  }
  if (total_weight_ > 0) {
    auto handle = HandleOf(Drawn(selector.key.value_or(draw)));
    if (handle) return handle;
  }
  return HighestReady();
}

absl::Status ServingModel::WhyNot(const VersionSelector& selector) const {
  const std::string& model = harnesses_.front()->id().model;
  if (!selector.version && selector.alias.empty()) {
    return NotReady(*Report(harnesses_.front()->id().version));
  }
  const auto alias = routes_.aliases.find(selector.alias);
  if (!selector.version && alias == routes_.aliases.end()) {
    return UnknownAlias(selector, routes_);
  }
  const int64_t version =
      selector.version.value_or(selector.version ? 0 : alias->second);
  const auto report = Report(version);
  if (report) return NotReady(*report);
  if (!selector.version) {
    return absl::NotFoundError(absl::StrCat(
        "Request for unknown model: the alias '", selector.alias, "' of '",
        model, "' leads to version ", version,
        ", which is not loaded; load it, or set the alias to another"));
  }
  return UnknownVersion(model, version);
}

std::vector<ServableReport> ServingModel::Reports() const {
  std::vector<ServableReport> reports;
  for (auto it = harnesses_.rbegin(); it != harnesses_.rend(); ++it) {
    ServableReport report = (*it)->report();
    if (!reports.empty() && reports.back().id.version == report.id.version) {
      reports.back() = Merge(std::move(reports.back()), std::move(report));
    } else {
      reports.push_back(std::move(report));
    }
  }
  return reports;
}

std::optional<ServableReport> ServingModel::Report(int64_t version) const {
  for (ServableReport& report : Reports()) {
    if (report.id.version == version) return std::move(report);
  }
  return std::nullopt;
}

std::optional<ServableHandle> ServingModel::HandleOf(int64_t version) const {
  for (const auto& harness : harnesses_) {
    if (harness->id().version != version) continue;
    if (auto handle = harness->TryGetHandle()) return handle;
  }
  return std::nullopt;
}

std::optional<ServableHandle> ServingModel::HighestReady() const {
  for (const auto& harness : harnesses_) {
    if (auto handle = harness->TryGetHandle()) return handle;
  }
  return std::nullopt;
}

// REQUIRES: total_weight_ > 0.
int64_t ServingModel::Drawn(uint64_t draw) const {
  uint64_t rest = Mix(draw) % total_weight_;
  for (const TrafficShare& share : routes_.traffic) {
    if (rest < share.weight) return share.version;
    rest -= share.weight;
  }
  return routes_.traffic.back().version;
}

}  // namespace sconce

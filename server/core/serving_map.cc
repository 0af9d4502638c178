#include "server/core/serving_map.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/container/inlined_vector.h"
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

// Of a share from a key, which goes to the nearest one. By weighted rendezvous
// hashing only keys of shares that shrank or went move elsewhere: Thaler,
// Ravishankar, "Using name-based mappings to increase hit rates" (1998);
// Schindelhauer, Schomaker, "Weighted distributed hash tables" (2005).
double Distance(uint64_t key, const TrafficShare& share) {
  const uint64_t bits = Mix(key ^ Mix(static_cast<uint64_t>(share.version)));
  const double uniform = static_cast<double>((bits >> 11) + 1) * 0x1p-53;
  return -std::log(uniform) / share.weight;
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
    : harnesses_(Sorted(std::move(harnesses))), routes_(std::move(routes)) {}

std::optional<ServableHandle> ServingModel::TryGetHandle(
    const VersionSelector& selector, uint64_t draw) const {
  if (selector.version) return HandleOf(*selector.version);
  const auto& sequence = selector.affinity.sequence;
  if (sequence && !sequence->start) {
    if (auto handle = WhereItLives(*sequence)) return handle;
  }
  return Routed(selector, draw);
}

std::optional<ServableHandle> ServingModel::Routed(
    const VersionSelector& selector, uint64_t draw) const {
  if (!selector.alias.empty()) {
    const auto alias = routes_.aliases.find(selector.alias);
    if (alias == routes_.aliases.end()) return std::nullopt;
    return HandleOf(alias->second);
  }
  if (!routes_.traffic.empty()) {
    auto handle = ByWeight(selector.affinity.key.value_or(draw));
    if (handle) return handle;
  }
  return HighestReady();
}

absl::Status ServingModel::WhyNot(const VersionSelector& selector) const {
  const std::string& model = harnesses_.front()->id().model;
  if (!selector.version && selector.alias.empty()) return WhyNoneByDefault();
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

absl::Status ServingModel::WhyNoneByDefault() const {
  for (const auto& harness : harnesses_) {
    const int64_t version = harness->id().version;
    if (!IsWithheld(routes_, version)) return NotReady(*Report(version));
  }
  return absl::UnavailableError(absl::StrCat(
      "'", harnesses_.front()->id().model,
      "' has no version at ready state whose share of the traffic is above 0; "
      "name a version, or set the traffic"));
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

std::optional<ServableHandle> ServingModel::ByWeight(uint64_t key) const {
  absl::InlinedVector<std::pair<double, int64_t>, 8> ranked;
  for (const TrafficShare& share : routes_.traffic) {
    if (share.weight == 0) continue;
    ranked.emplace_back(Distance(key, share), share.version);
  }
  std::sort(ranked.begin(), ranked.end());
  for (const auto& [distance, version] : ranked) {
    if (auto handle = HandleOf(version)) return handle;
  }
  return std::nullopt;
}

std::optional<ServableHandle> ServingModel::HighestReady() const {
  for (const auto& harness : harnesses_) {
    if (IsWithheld(routes_, harness->id().version)) continue;
    if (auto handle = harness->TryGetHandle()) return handle;
  }
  return std::nullopt;
}

std::optional<ServableHandle> ServingModel::WhereItLives(
    const SequencePlace& place) const {
  for (const auto& harness : harnesses_) {
    auto handle = harness->TryGetHandle();
    if (handle && (*handle)->HasSequence(place)) return handle;
  }
  return std::nullopt;
}

void ServingModel::EndElsewhere(const SequencePlace& place,
                                const ServableId& begins) const {
  for (const auto& harness : harnesses_) {
    const ServableId& id = harness->id();
    if (id.version == begins.version && id.instance == begins.instance) {
      continue;
    }
    if (const auto handle = harness->TryGetHandle()) {
      (*handle)->EndSequence(place);
    }
  }
}

}  // namespace sconce

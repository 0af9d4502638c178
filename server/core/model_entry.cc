#include "server/core/model_entry.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"

namespace sconce {
namespace {

// How the load of `wanted` ended; nothing while it goes on.
std::optional<absl::Status> Outcome(const ModelEntry& entry,
                                    const Revision& wanted) {
  const bool aspired = absl::c_any_of(
      entry.aspired,
      [&](const ServableSpec& spec) { return RevisionOf(spec) == wanted; });
  if (!aspired) {
    return absl::AbortedError(absl::StrCat(
        "version ", wanted.version,
        " was loading when another call changed what is to be loaded"));
  }
  for (const auto& harness : entry.harnesses) {
    if (!(harness->revision() == wanted)) continue;
    const ServableReport report = harness->report();
    if (IsLoaded(report.state)) return absl::OkStatus();
    if (report.state == ServableState::kError) return report.status;
  }
  return std::nullopt;
}

// The first failure; nothing while any load goes on.
std::optional<absl::Status> Outcome(const ModelEntry& entry,
                                    absl::Span<const Revision> wanted) {
  absl::Status first;
  for (const Revision& revision : wanted) {
    const std::optional<absl::Status> outcome = Outcome(entry, revision);
    if (!outcome) return std::nullopt;
    first.Update(*outcome);
  }
  return first;
}

}  // namespace

bool ModelEntry::IsAspired(const LoaderHarness& harness) const {
  return absl::c_any_of(aspired, [&](const ServableSpec& spec) {
    return RevisionOf(spec) == harness.revision();
  });
}

void ModelEntry::Aspire(AspiredModel wanted) {
  aspired = std::move(wanted.versions);
  absl::c_sort(aspired, [](const ServableSpec& a, const ServableSpec& b) {
    return a.id.version < b.id.version;
  });
  policy = wanted.policy;
  unload_at_once = std::move(wanted.unload_at_once);
}

ReloadPlan ModelEntry::Plan() const {
  std::vector<RegisteredRevision> registered;
  for (const auto& harness : harnesses) {
    const Revision revision = harness->revision();
    registered.push_back(
        {revision, harness->state(),
         absl::c_linear_search(unload_at_once, revision.version)});
  }
  std::vector<Revision> wanted;
  for (const ServableSpec& spec : aspired) wanted.push_back(RevisionOf(spec));
  return PlanReload(registered, wanted, policy);
}

std::vector<ModelEntry::Answer> ModelEntry::TakeAnswers() {
  std::vector<Answer> answers;
  std::vector<Waiter> rest;
  for (Waiter& waiter : waiters) {
    const std::optional<absl::Status> outcome = Outcome(*this, waiter.wanted);
    if (outcome) {
      answers.push_back({std::move(waiter.done), *outcome});
    } else {
      rest.push_back(std::move(waiter));
    }
  }
  waiters = std::move(rest);
  return answers;
}

}  // namespace sconce

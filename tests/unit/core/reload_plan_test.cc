#include "server/core/reload_plan.h"

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"

namespace sconce {
namespace {

constexpr ReloadPolicy kAvailability = ReloadPolicy::kPreserveAvailability;
constexpr ReloadPolicy kResources = ReloadPolicy::kPreserveResources;

// "2b": version 2 with the content b.
Revision Parse(const std::string& text) {
  return {std::atoi(text.c_str()), text.substr(text.size() - 1)};
}

std::string Text(const Revision& revision) {
  return absl::StrCat(revision.version, revision.revision);
}

std::vector<std::string> Words(const std::string& text) {
  return absl::StrSplit(text, ' ', absl::SkipEmpty());
}

// "1a:ready 2a:loading"
std::vector<RegisteredRevision> ParseRegistered(const std::string& text) {
  using State = ServableState;
  static const auto* const states = new std::map<std::string, State>{
      {"new", State::kNew},           {"loading", State::kLoading},
      {"ready", State::kReady},       {"suspended", State::kSuspended},
      {"leaving", State::kQuiescing}, {"disabled", State::kDisabled},
      {"error", State::kError}};
  std::vector<RegisteredRevision> registered;
  for (const std::string& word : Words(text)) {
    const std::vector<std::string> parts = absl::StrSplit(word, ':');
    registered.push_back({Parse(parts.at(0)), states->at(parts.at(1))});
  }
  return registered;
}

// E.g. "load 2a; unload 1a"; "" when there is nothing to do.
std::string PlanText(const std::string& registered_text,
                     const std::string& aspired_text, ReloadPolicy policy) {
  const auto registered = ParseRegistered(registered_text);
  std::vector<Revision> aspired;
  for (const auto& word : Words(aspired_text)) aspired.push_back(Parse(word));
  const ReloadPlan plan = PlanReload(registered, aspired, policy);
  std::vector<std::string> steps;
  for (size_t i : plan.load) {
    steps.push_back(absl::StrCat("load ", Text(aspired[i])));
  }
  for (size_t i : plan.unload) {
    steps.push_back(absl::StrCat("unload ", Text(registered[i].revision)));
  }
  for (size_t i : plan.forget) {
    steps.push_back(absl::StrCat("forget ", Text(registered[i].revision)));
  }
  return absl::StrJoin(steps, "; ");
}

struct Case {
  const char* what;
  const char* registered;
  const char* aspired;
  const char* plan;
};

void Check(const std::vector<Case>& cases, ReloadPolicy policy) {
  for (const Case& each : cases) {
    EXPECT_EQ(PlanText(each.registered, each.aspired, policy), each.plan)
        << each.what << ": {" << each.registered << "}, wanted {"
        << each.aspired << "}";
  }
}

TEST(PlanReloadTest, BringsWhatIsWanted) {
  Check(
      {
          {"nothing is wanted of nothing", "", "", ""},
          {"a first load", "", "1a", "load 1a"},
          {"all versions at once", "", "1a 2a", "load 1a; load 2a"},
          {"it waits for a thread", "1a:new", "1a", ""},
          {"it is loading", "1a:loading", "1a", ""},
          {"it is there", "1a:ready", "1a", ""},
          {"it is there and suspended", "1a:suspended", "1a", ""},
          {"it failed: not again by itself", "1a:error", "1a", ""},
          {"wanted again on its way out", "1a:leaving", "1a", "load 1a"},
          {"the old one of the same content is gone", "1a:disabled 1a:ready",
           "1a", "forget 1a"},
      },
      kAvailability);
}

TEST(PlanReloadTest, ReplacesAVersionWhenTheNextIsReady) {
  Check(
      {
          {"beside the old one", "1a:ready", "2a", "load 2a"},
          {"the old one stays meanwhile", "1a:ready 2a:loading", "2a", ""},
          {"the swap", "1a:ready 2a:ready", "2a", "unload 1a"},
          {"of a suspended one", "1a:suspended 2a:ready", "2a", "unload 1a"},
          {"the new one is suspended", "1a:ready 2a:suspended", "2a", ""},
          {"the new one failed", "1a:ready 2a:error", "2a", ""},
          {"the old one goes", "1a:leaving 2a:ready", "2a", ""},
          {"the old one is gone", "1a:disabled 2a:ready", "2a", "forget 1a"},
          {"back to a lower one", "2a:ready", "1a", "load 1a"},
          {"back to a lower one, swap", "2a:ready 1a:ready", "1a", "unload 2a"},
          {"latest 2 of 3", "1a:ready 2a:ready", "2a 3a", "load 3a"},
          {"latest 2 of 3, loading", "1a:ready 2a:ready 3a:loading", "2a 3a",
           ""},
          {"latest 2 of 3, swap", "1a:ready 2a:ready 3a:ready", "2a 3a",
           "unload 1a"},
          {"latest 2 of 4 at once", "1a:ready 2a:ready 3a:ready 4a:loading",
           "3a 4a", ""},
      },
      kAvailability);
}

TEST(PlanReloadTest, ReplacesTheContentOfAVersion) {
  Check(
      {
          {"beside the old content", "1a:ready", "1b", "load 1b"},
          {"the old one stays meanwhile", "1a:ready 1b:loading", "1b", ""},
          {"the swap", "1a:ready 1b:ready", "1b", "unload 1a"},
          {"it failed", "1a:ready 1b:error", "1b", ""},
          {"it failed though another version is ready",
           "1a:ready 1b:error 2a:ready", "1b 2a", ""},
          {"another version is ready, this not yet",
           "1a:ready 1b:suspended 2a:ready", "1b 2a", ""},
          {"back to the old content", "1a:ready 1b:error", "1a", "forget 1b"},
      },
      kAvailability);
}

TEST(PlanReloadTest, DropsWhatIsNotWantedAnyMore) {
  Check(
      {
          {"everything", "1a:ready 2a:suspended", "", "unload 1a; unload 2a"},
          {"it had not begun", "1a:new", "", "forget 1a"},
          {"it failed", "1a:error", "", "forget 1a"},
          {"it is loading: its end is waited for", "1a:loading", "", ""},
          {"it goes already", "1a:leaving", "", ""},
          {"it is gone", "1a:disabled", "", "forget 1a"},
          {"superseded before it began", "1a:ready 2a:new", "3a",
           "load 3a; forget 2a"},
          {"superseded while loading", "1a:ready 2a:loading", "3a", "load 3a"},
          {"the superseded one does not hold up the swap",
           "1a:ready 2a:loading 3a:ready", "3a", "unload 1a"},
          {"a failed one gives way", "1a:error", "2a", "load 2a; forget 1a"},
      },
      kAvailability);
}

TEST(PlanReloadTest, SavesResourcesWhereThatIsThePolicy) {
  Check(
      {
          {"a first load", "", "1a", "load 1a"},
          {"the old one goes first", "1a:ready", "2a", "unload 1a"},
          {"its requests end", "1a:leaving", "2a", ""},
          {"it is gone", "1a:disabled", "2a", "load 2a; forget 1a"},
          {"other content", "1a:ready", "1b", "unload 1a"},
          {"the same content on its way out", "1a:leaving", "1a", ""},
          {"a load that nobody wants any more", "1a:loading", "2a", ""},
          {"what is wanted stays", "1a:ready 2a:ready", "2a 3a", "unload 1a"},
          {"nothing is to go", "1a:ready", "1a 2a", "load 2a"},
          {"a failed one holds nothing", "1a:error", "2a",
           "load 2a; forget 1a"},
      },
      kResources);
}

}  // namespace
}  // namespace sconce

// Every method of a LoaderHarness in every state.
#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "server/base/thread.h"
#include "server/core/loader_harness.h"
#include "tests/support/harness_in.h"

namespace sconce {
namespace {

using State = ServableState;
using Method = std::function<bool(LoaderHarness*)>;

constexpr State kStates[] = {
    State::kNew,       State::kLoading,  State::kReady, State::kSuspended,
    State::kQuiescing, State::kDisabled, State::kError};

const std::map<std::string, Method>& Methods() {
  static const auto* const methods = new std::map<std::string, Method>{
      {"BeginLoad", [](LoaderHarness* h) { return h->BeginLoad(); }},
      {"Publish", [](LoaderHarness* h) { return h->Publish(); }},
      {"Fail",
       [](LoaderHarness* h) { return h->Fail(absl::DataLossError("new")); }},
      {"Abandon", [](LoaderHarness* h) { return h->Abandon(); }},
      {"BeginUnload", [](LoaderHarness* h) { return h->BeginUnload(); }},
      {"Unload", [](LoaderHarness* h) { return h->Unload(); }},
      {"Suspend",
       [](LoaderHarness* h) { return h->Suspend(absl::DataLossError("new")); }},
      {"Resume", [](LoaderHarness* h) { return h->Resume(); }},
  };
  return *methods;
}

// Where the legal ones lead.
const std::map<std::pair<std::string, State>, State>& Transitions() {
  static const auto* const legal =
      new std::map<std::pair<std::string, State>, State>{
          {{"BeginLoad", State::kNew}, State::kLoading},
          {{"Publish", State::kLoading}, State::kReady},
          {{"Fail", State::kLoading}, State::kError},
          {{"Abandon", State::kLoading}, State::kQuiescing},
          {{"BeginUnload", State::kReady}, State::kQuiescing},
          {{"BeginUnload", State::kSuspended}, State::kQuiescing},
          {{"Unload", State::kQuiescing}, State::kDisabled},
          {{"Suspend", State::kReady}, State::kSuspended},
          {{"Suspend", State::kSuspended}, State::kSuspended},
          {{"Resume", State::kSuspended}, State::kReady},
      };
  return *legal;
}

TEST(LoaderHarnessTransitionsTest, OnlyTheLegalOnesHappen) {
  for (const auto& [name, method] : Methods()) {
    for (const State state : kStates) {
      SCOPED_TRACE(name + " in state " +
                   std::to_string(static_cast<int>(state)));
      const auto harness = HarnessIn(state);
      const auto legal = Transitions().find({name, state});
      const bool is_legal = legal != Transitions().end();
      const absl::Status before = harness->report().status;
      EXPECT_EQ(method(harness.get()), is_legal);
      EXPECT_EQ(harness->state(), is_legal ? legal->second : state);
      if (!is_legal) {
        EXPECT_EQ(harness->report().status, before);
      }
    }
  }
}

TEST(LoaderHarnessTransitionsTest, HandlesAreGivenWhileReadyOnly) {
  for (const State state : kStates) {
    for (const auto& [name, method] : Methods()) {
      SCOPED_TRACE(name);
      const auto harness = HarnessIn(state);
      EXPECT_EQ(harness->TryGetHandle().has_value(), state == State::kReady);
      method(harness.get());
      EXPECT_EQ(harness->TryGetHandle().has_value(),
                harness->state() == State::kReady);
    }
  }
}

TEST(LoaderHarnessTransitionsTest, OfTwoThreadsThatWantTheSameOneHasIt) {
  for (const auto& [step, to] : Transitions()) {
    const auto& [name, from] = step;
    if (name == "Suspend" || name == "Resume") continue;  // they are counted
    SCOPED_TRACE(name);
    for (int round = 0; round < 20; ++round) {
      const auto harness = HarnessIn(from);
      std::atomic<int> waiting = 2;
      std::atomic<int> won = 0;
      const auto contend = [&, method = Methods().at(step.first)] {
        for (--waiting; waiting > 0;) {
        }
        if (method(harness.get())) ++won;
      };
      {
        Thread first("first", contend);
        Thread second("second", contend);
      }
      EXPECT_EQ(won, 1);
      EXPECT_EQ(harness->state(), to);
    }
  }
}

TEST(LoaderHarnessTransitionsTest, OfPublishFailAndAbandonOneHappens) {
  for (int round = 0; round < 20; ++round) {
    const auto harness = HarnessIn(State::kLoading);
    std::atomic<int> won = 0;
    {
      std::vector<Thread> threads;
      for (const char* name : {"Publish", "Fail", "Abandon"}) {
        threads.emplace_back(name, [&, method = Methods().at(name)] {
          if (method(harness.get())) ++won;
        });
      }
    }
    EXPECT_EQ(won, 1);
    EXPECT_EQ(harness->TryGetHandle().has_value(),
              harness->state() == State::kReady);
  }
}

TEST(LoaderHarnessTransitionsTest, AResumeWithoutASuspensionCountsForNothing) {
  const auto harness = HarnessIn(State::kReady);
  EXPECT_FALSE(harness->Resume());
  EXPECT_TRUE(harness->Suspend(absl::UnavailableError("stuck")));
  EXPECT_EQ(harness->state(), State::kSuspended);
  EXPECT_FALSE(harness->TryGetHandle());
}

TEST(LoaderHarnessTransitionsTest, AnAbandonedLoadIsFreedAndNeverServed) {
  const auto harness = HarnessIn(State::kLoading);
  ASSERT_TRUE(harness->Abandon());
  EXPECT_FALSE(harness->Publish());
  EXPECT_FALSE(harness->TryGetHandle());
  bool idle = false;
  harness->WhenIdle([&] { idle = true; });
  EXPECT_TRUE(idle);
  EXPECT_TRUE(harness->Unload());
}

TEST(LoaderHarnessTransitionsTest, MemoryIsEstimatedOnce) {
  class Counting : public FakeLoader {
   public:
    explicit Counting(int* asked)
        : FakeLoader([] { return absl::InternalError("never loaded"); }),
          asked_(asked) {}
    MemoryNeed EstimateMemory() override { return {++*asked_, 1}; }

   private:
    int* const asked_;
  };
  int asked = 0;
  LoaderHarness harness({}, std::make_unique<Counting>(&asked));
  EXPECT_EQ(harness.EstimateMemory().loading, 1);
  EXPECT_EQ(harness.EstimateMemory().loading, 1);
  EXPECT_EQ(asked, 1);
}

}  // namespace
}  // namespace sconce

#include "server/core/state_monitor.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/base/thread.h"

namespace sconce {
namespace {

using State = ServableState;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

ServableReport Report(const std::string& model, int64_t version, State state) {
  return {{model, version}, state, {}, {}};
}

// E.g. "3 net/1 READY".
std::vector<std::string> Texts(const StateMonitor::Page& page) {
  std::vector<std::string> texts;
  for (const auto& [sequence, report, time] : page.events) {
    texts.push_back(absl::StrCat(sequence, " ", report.id.model, "/",
                                 report.id.version, " ",
                                 ServableStateName(report.state)));
  }
  return texts;
}

class CountingWatcher : public StateWatcher {
 public:
  void OnStateChange() override { ++changes_; }
  int changes() const { return changes_; }

 private:
  int changes_ = 0;
};

TEST(StateMonitorTest, WithoutAPositionThePresentIsTold) {
  StateMonitor monitor;
  EXPECT_THAT(monitor.Since({}).events, IsEmpty());
  monitor.Publish(Report("net", 1, State::kLoading));
  monitor.Publish(Report("net", 1, State::kReady));
  monitor.Publish(Report("a", 1, State::kLoading));
  const auto page = monitor.Since({});
  EXPECT_FALSE(page.continues);
  EXPECT_EQ(page.position, 3u);
  EXPECT_THAT(Texts(page), ElementsAre("3 a/1 LOADING", "2 net/1 READY"));
}

TEST(StateMonitorTest, WhatIsGoneIsNotInThePresent) {
  StateMonitor monitor;
  monitor.Publish(Report("net", 1, State::kReady));
  monitor.Publish(Report("net", 2, State::kReady));
  monitor.Publish(Report("net", 1, State::kDisabled));
  EXPECT_THAT(Texts(monitor.Since({})), ElementsAre("2 net/2 READY"));
}

TEST(StateMonitorTest, AfterAPositionEveryChangeIsToldOnce) {
  StateMonitor monitor;
  monitor.Publish(Report("net", 1, State::kLoading));
  const uint64_t position = monitor.Since({}).position;
  monitor.Publish(Report("net", 1, State::kReady));
  monitor.Publish(Report("net", 1, State::kDisabled));
  const auto page = monitor.Since(position);
  EXPECT_TRUE(page.continues);
  EXPECT_THAT(Texts(page), ElementsAre("2 net/1 READY", "3 net/1 UNAVAILABLE"));
  const auto next = monitor.Since(page.position);
  EXPECT_TRUE(next.continues);
  EXPECT_THAT(next.events, IsEmpty());
}

TEST(StateMonitorTest, PositionZeroIsTheBeginning) {
  StateMonitor monitor;
  EXPECT_TRUE(monitor.Since(0).continues);
  monitor.Publish(Report("net", 1, State::kLoading));
  EXPECT_TRUE(monitor.Since(0).continues);
  EXPECT_THAT(Texts(monitor.Since(0)), ElementsAre("1 net/1 LOADING"));
}

TEST(StateMonitorTest, AGapIsToldAsThePresent) {
  StateMonitor monitor(2);
  for (const State state :
       {State::kLoading, State::kReady, State::kSuspended, State::kReady}) {
    monitor.Publish(Report("net", 1, state));
  }
  const auto kept = monitor.Since(2);
  EXPECT_TRUE(kept.continues);
  EXPECT_THAT(Texts(kept), ElementsAre("3 net/1 UNAVAILABLE", "4 net/1 READY"));
  const auto lost = monitor.Since(1);
  EXPECT_FALSE(lost.continues);
  EXPECT_THAT(Texts(lost), ElementsAre("4 net/1 READY"));
  EXPECT_EQ(lost.position, 4u);
}

TEST(StateMonitorTest, APositionOfTheFutureIsNone) {
  StateMonitor monitor;  // the server was started anew
  monitor.Publish(Report("net", 1, State::kReady));
  const auto page = monitor.Since(100);
  EXPECT_FALSE(page.continues);
  EXPECT_EQ(page.position, 1u);
}

TEST(StateMonitorTest, WatchersHearUntilTheyAreRemoved) {
  StateMonitor monitor;
  CountingWatcher stays;
  CountingWatcher goes;
  monitor.Add(&stays);
  monitor.Add(&goes);
  monitor.Publish(Report("net", 1, State::kLoading));
  monitor.Remove(&goes);
  monitor.Publish(Report("net", 1, State::kReady));
  EXPECT_EQ(stays.changes(), 2);
  EXPECT_EQ(goes.changes(), 1);
}

TEST(StateMonitorTest, PagesOfAWatcherHaveNoGapsWhileOthersPublish) {
  StateMonitor monitor;
  constexpr uint64_t kEach = 500;
  std::vector<Thread> publishers;
  for (int64_t v = 0; v < 2; ++v) {
    publishers.emplace_back("publish", [&monitor, v] {
      for (uint64_t i = 0; i < kEach; ++i) {
        const bool even = i % 2 == 0;
        monitor.Publish(
            Report("net", v, even ? State::kLoading : State::kReady));
      }
    });
  }
  uint64_t position = 0;
  while (position < 2 * kEach) {
    const auto page = monitor.Since(position);
    ASSERT_TRUE(page.continues);
    for (const StateEvent& event : page.events) {
      ASSERT_EQ(event.sequence, ++position);
    }
    ASSERT_EQ(page.position, position);
  }
}

TEST(StateMonitorTest, WhatIsKnownIsNoChange) {
  StateMonitor monitor;
  monitor.Publish(Report("net", 1, State::kReady));
  monitor.Publish(Report("net", 1, State::kReady));
  monitor.Publish(Report("gone", 1, State::kDisabled));
  EXPECT_THAT(Texts(monitor.Since(0)), ElementsAre("1 net/1 READY"));
}

}  // namespace
}  // namespace sconce

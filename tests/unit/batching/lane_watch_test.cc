#include "server/batching/lane_watch.h"

#include <atomic>
#include <chrono>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/base/notification.h"
#include "server/base/thread.h"
#include "tests/support/recording_task.h"
#include "tests/unit/batching/lane_fakes.h"

namespace sconce {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr MonoTime kBegin = MonoTime(seconds(100));
constexpr MonoTime kLimit = MonoTime(seconds(160));

class LaneWatchTest : public testing::Test {
 protected:
  void Begin() { watch_.Begin({&owner_, tasks_, kBegin, kLimit}); }

  RecordingTask first_;
  RecordingTask second_;
  const std::vector<InferTask*> tasks_ = {&first_, &second_};
  StuckRunOwner owner_;
  LaneWatch watch_;
};

TEST_F(LaneWatchTest, ARunInTimeIsTheLanesToAnswer) {
  Begin();
  EXPECT_FALSE(watch_.GiveUp(kLimit - seconds(1)));
  EXPECT_TRUE(watch_.End());
  EXPECT_FALSE(watch_.is_stuck());
  EXPECT_THAT(owner_.lost(), IsEmpty());
}

TEST_F(LaneWatchTest, ARunPastItsLimitLosesItsTasks) {
  Begin();
  EXPECT_TRUE(watch_.GiveUp(kLimit + seconds(1)));
  EXPECT_TRUE(watch_.is_stuck());
  EXPECT_THAT(owner_.lost(), ElementsAre(&first_, &second_));
  EXPECT_EQ(owner_.took(), seconds(61));
  EXPECT_FALSE(watch_.End());
}

TEST_F(LaneWatchTest, ARunIsGivenUpOnce) {
  Begin();
  ASSERT_TRUE(watch_.GiveUp(kLimit));
  EXPECT_FALSE(watch_.GiveUp(kLimit + seconds(1)));
  EXPECT_EQ(owner_.lost().size(), 2u);
}

TEST_F(LaneWatchTest, ALaneThatLostARunStaysStuck) {
  Begin();
  ASSERT_TRUE(watch_.GiveUp(kLimit));
  ASSERT_FALSE(watch_.End());
  EXPECT_TRUE(watch_.is_stuck());
}

TEST_F(LaneWatchTest, WhatEndedIsNotGivenUp) {
  EXPECT_FALSE(watch_.GiveUp(MonoTime::max()));
  Begin();
  ASSERT_TRUE(watch_.End());
  EXPECT_FALSE(watch_.GiveUp(MonoTime::max()));
}

TEST_F(LaneWatchTest, EachRunHasALimitOfItsOwn) {
  Begin();
  ASSERT_TRUE(watch_.End());
  watch_.Begin({&owner_, tasks_, kLimit, kLimit + seconds(60)});
  EXPECT_FALSE(watch_.GiveUp(kLimit + seconds(59)));
  EXPECT_TRUE(watch_.GiveUp(kLimit + seconds(60)));
}

TEST_F(LaneWatchTest, TheEndWaitsForTheAnswers) {
  Notification answering;
  Notification go_on;
  std::atomic<bool> answered = false;
  owner_.SetOnStuck([&] {
    answering.Notify();
    go_on.Wait();
    answered = true;
  });
  Begin();
  Thread watchdog("watch", [&] { EXPECT_TRUE(watch_.GiveUp(kLimit)); });
  answering.Wait();
  Thread releaser("release", [&] { go_on.Notify(); });
  EXPECT_FALSE(watch_.End());
  EXPECT_TRUE(answered);
}

TEST_F(LaneWatchTest, EitherTheLaneAnswersOrTheWatchdog) {
  int ended = 0;
  int given_up = 0;
  for (int i = 0; i < 200; ++i) {
    LaneWatch watch;
    watch.Begin({&owner_, tasks_, kBegin, kLimit});
    bool gave_up = false;
    Thread watchdog("watch", [&] { gave_up = watch.GiveUp(kLimit); });
    const bool in_time = watch.End();
    watchdog.Join();
    EXPECT_NE(in_time, gave_up);
    ++(in_time ? ended : given_up);
  }
  EXPECT_EQ(ended + given_up, 200);
  EXPECT_EQ(owner_.lost().size(), 2u * given_up);
}

TEST_F(LaneWatchTest, AThreadHasTheOneThatWasAttachedToIt) {
  EXPECT_EQ(LaneWatch::Current(), nullptr);
  EXPECT_FALSE(LaneWatch::IsCurrentStuck());
  Thread("lane", [&] {
    watch_.Attach();
    EXPECT_EQ(LaneWatch::Current(), &watch_);
    EXPECT_FALSE(LaneWatch::IsCurrentStuck());
    Begin();
    EXPECT_TRUE(watch_.GiveUp(kLimit));
    EXPECT_TRUE(LaneWatch::IsCurrentStuck());
  }).Join();
}

}  // namespace
}  // namespace sconce

// Lanes whose run does not return, as LanePool sees them.
#include <sched.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/base/notification.h"
#include "server/base/thread.h"
#include "server/batching/lane_pool.h"
#include "server/batching/lane_watch.h"
#include "tests/support/recording_task.h"
#include "tests/unit/batching/lane_fakes.h"

namespace sconce {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;

constexpr MonoTime kBegin = MonoTime(seconds(100));
constexpr MonoTime kLimit = MonoTime(seconds(160));

int ProcessorOfThisThread() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  sched_getaffinity(0, sizeof(mask), &mask);
  if (CPU_COUNT(&mask) != 1) return -1;
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(i, &mask)) return i;
  }
  return -1;
}

// A pool of one lane, and a run on it that returns when the test says so.
class StuckLaneTest : public testing::Test {
 protected:
  ~StuckLaneTest() override {
    if (!return_.HasBeenNotified()) return_.Notify();
  }

  void Start(
      std::function<void()> on_thread_start = [] {},
      MonoDuration watch_period = MonoDuration::zero()) {
    LanePool::Options options;
    options.on_thread_start = std::move(on_thread_start);
    options.watch_period = watch_period;
    options.on_stuck_lanes = [this](int difference) {
      if ((stuck_ += difference) == 0) left_.Notify();
    };
    pool_ = std::make_unique<LanePool>(options);
  }

  // Returns when the lane is in the run.
  void BlockLane(MonoTime limit = kLimit) {
    pool_->RequestTurn(MakeClient([this, limit] {
      blocked_processor_ = ProcessorOfThisThread();
      LaneWatch::Current()->Begin({&owner_, tasks_, kBegin, limit});
      begun_.Notify();
      return_.Wait();
      in_time_ = LaneWatch::Current()->End();
    }));
    begun_.Wait();
  }

  // Runs `work` on a lane and waits for it.
  void RunOnLane(std::function<void()> work = [] {}) {
    Notification ran;
    pool_->RequestTurn(MakeClient([&] {
      work();
      ran.Notify();
    }));
    ran.Wait();
  }

  RecordingTask task_;
  const std::vector<InferTask*> tasks_ = {&task_};
  StuckRunOwner owner_;
  std::atomic<int> stuck_ = 0;
  int blocked_processor_ = -2;
  std::atomic<bool> in_time_ = false;
  Notification begun_;
  Notification return_;
  Notification left_;
  std::unique_ptr<LanePool> pool_;  // last: its lanes use the others
};

TEST_F(StuckLaneTest, AFreshLaneTakesOtherWork) {
  Start();
  BlockLane();
  pool_->CheckStuck(kLimit);
  RunOnLane();  // hangs without a fresh lane
  EXPECT_THAT(owner_.lost(), ElementsAre(&task_));
  EXPECT_EQ(stuck_, 1);
}

TEST_F(StuckLaneTest, ALaneWithinItsLimitIsLeftAlone) {
  Start();
  BlockLane();
  pool_->CheckStuck(kLimit - seconds(1));
  EXPECT_EQ(stuck_, 0);
  return_.Notify();
  RunOnLane();
  EXPECT_TRUE(in_time_);
}

TEST_F(StuckLaneTest, ARunWithoutALimitIsLeftAlone) {
  Start();
  BlockLane(kNoDeadline);
  pool_->CheckStuck(kLimit + std::chrono::hours(1000));
  EXPECT_EQ(stuck_, 0);
}

TEST_F(StuckLaneTest, AStuckLaneIsReplacedOnce) {
  std::atomic<int> started = 0;
  Start([&] { ++started; });
  BlockLane();
  for (int i = 0; i < 3; ++i) pool_->CheckStuck(kLimit + seconds(i));
  RunOnLane();
  EXPECT_EQ(started, 2);
  EXPECT_EQ(pool_->lanes(), 1);
}

TEST_F(StuckLaneTest, AFreshLaneIsPreparedAndHasTheOldOnesProcessor) {
  static thread_local bool prepared = false;
  Start([] { prepared = true; });
  BlockLane();
  pool_->CheckStuck(kLimit);
  RunOnLane([this] {
    EXPECT_TRUE(prepared);
    EXPECT_EQ(ProcessorOfThisThread(), blocked_processor_);
  });
}

TEST_F(StuckLaneTest, AFreshLaneHasTheOldOnesNumber) {
  static thread_local int mine = -1;
  LanePool::Options options;
  options.lanes = 3;
  options.on_lane_start = [](int lane) { mine = lane; };
  pool_ = std::make_unique<LanePool>(options);
  std::vector<int> seen(3, 0);  // by which number
  for (int i = 0; i < 2; ++i) {
    Notification all[3];
    Notification go;
    for (Notification& one : all) {
      pool_->RequestTurn(MakeClient([&] {
        ++seen.at(static_cast<size_t>(mine));
        one.Notify();
        go.Wait();
      }));
    }
    for (Notification& one : all) one.Wait();  // each lane is in one
    go.Notify();
    if (i == 0) {
      BlockLane();
      pool_->CheckStuck(kLimit);
    }
  }
  EXPECT_THAT(seen, ElementsAre(2, 2, 2));
}

TEST_F(StuckLaneTest, ALaneThatReturnsAfterAllLeaves) {
  Start();
  BlockLane();
  pool_->CheckStuck(kLimit);
  return_.Notify();
  left_.Wait();
  EXPECT_FALSE(in_time_);
  EXPECT_EQ(stuck_, 0);
  pool_->CheckStuck(kLimit);  // joins it
  RunOnLane();
}

TEST_F(StuckLaneTest, AFreshLaneMayGetStuckToo) {
  Start();
  BlockLane();
  pool_->CheckStuck(kLimit);
  Notification again;
  pool_->RequestTurn(MakeClient([&] {
    LaneWatch::Current()->Begin({&owner_, tasks_, kBegin, kLimit});
    again.Notify();
    return_.Wait();
    EXPECT_FALSE(LaneWatch::Current()->End());
  }));
  again.Wait();
  pool_->CheckStuck(kLimit);
  EXPECT_EQ(stuck_, 2);
  RunOnLane();
  return_.Notify();
  pool_.reset();
}

TEST_F(StuckLaneTest, ThePoolsEndWaitsForAStuckLane) {
  Start();
  BlockLane();
  pool_->CheckStuck(kLimit);
  Thread releaser("release", [&] { return_.Notify(); });
  pool_.reset();
  EXPECT_TRUE(left_.HasBeenNotified());
}

TEST_F(StuckLaneTest, TheWatchdogLooksByItself) {
  Notification stuck;
  owner_.SetOnStuck([&] { stuck.Notify(); });
  Start([] {}, std::chrono::milliseconds(1));
  BlockLane(MonoTime());  // passed by the machine's clock, too
  stuck.Wait();
  RunOnLane();
  return_.Notify();
  pool_.reset();
}

TEST_F(StuckLaneTest, ThreadsThatJoinedAreNotWatched) {
  Start();
  std::thread([&] {
    pool_->JoinThread();
    EXPECT_EQ(LaneWatch::Current(), nullptr);
  }).join();
}

}  // namespace
}  // namespace sconce

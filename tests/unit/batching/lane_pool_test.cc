#include "server/batching/lane_pool.h"

#include <sched.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/base/notification.h"
#include "tests/unit/batching/lane_fakes.h"

namespace sconce {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Ne;
using ::testing::SizeIs;

LanePool::Options Lanes(int lanes) {
  LanePool::Options options;
  options.lanes = lanes;
  return options;
}

// Writes its name at each turn and asks for another until it had `turns`.
class Player : public LaneClient, public std::enable_shared_from_this<Player> {
 public:
  Player(std::string name, int turns, LanePool* pool, std::string* written)
      : name_(std::move(name)), turns_(turns), pool_(pool), written_(written) {}

  MonoDuration RunOne() override {
    *written_ += name_;
    if (--turns_ > 0) pool_->RequestTurn(shared_from_this());
    return MonoDuration::zero();
  }

 private:
  const std::string name_;
  int turns_;
  LanePool* const pool_;
  std::string* const written_;  // one lane writes at a time
};

TEST(LanePoolTest, HasAsManyLanesAsAsked) {
  const LanePool pool(Lanes(3));
  EXPECT_EQ(pool.lanes(), 3);
}

TEST(LanePoolTest, ATurnRunsOnALane) {
  LanePool pool(Lanes(1));
  std::thread::id seen;
  Notification ran;
  pool.RequestTurn(MakeClient([&] {
    seen = std::this_thread::get_id();
    ran.Notify();
  }));
  ran.Wait();
  EXPECT_NE(seen, std::this_thread::get_id());
}

TEST(LanePoolTest, EveryTurnThatWasAskedForIsGiven) {
  std::atomic<int> turns = 0;
  {
    LanePool pool(Lanes(2));
    const auto client = MakeClient([&] { ++turns; });
    for (int i = 0; i < 100; ++i) pool.RequestTurn(client);
  }
  EXPECT_EQ(turns, 100);
}

TEST(LanePoolTest, EachLaneHasATurnOfItsOwn) {
  std::mutex mu;
  std::multiset<std::thread::id> threads;
  {
    LanePool pool(Lanes(3));
    pool.RequestEachLane(MakeClient([&] {
      const std::lock_guard lock(mu);
      threads.insert(std::this_thread::get_id());
    }));
  }
  EXPECT_EQ(threads.size(), 3u);
  for (const std::thread::id& id : threads) EXPECT_EQ(threads.count(id), 1u);
}

TEST(LanePoolTest, TurnsOfALaneComeBeforeThoseOfAll) {
  std::string written;
  {
    LanePool pool(Lanes(1));
    const BusyLanes busy(&pool);
    pool.RequestTurn(std::make_shared<Player>("b", 1, &pool, &written));
    pool.RequestEachLane(std::make_shared<Player>("a", 1, &pool, &written));
  }
  EXPECT_EQ(written, "ab");
}

TEST(LanePoolTest, TurnsAreGivenInTheOrderTheyWereAskedFor) {
  std::string written;
  {
    LanePool pool(Lanes(1));
    const BusyLanes busy(&pool);
    for (const char* name : {"c", "a", "b"}) {
      pool.RequestTurn(std::make_shared<Player>(name, 1, &pool, &written));
    }
  }
  EXPECT_EQ(written, "cab");
}

TEST(LanePoolTest, ClientsWithMoreWorkTakeTurns) {
  std::string written;
  {
    LanePool pool(Lanes(1));
    const BusyLanes busy(&pool);
    pool.RequestTurn(std::make_shared<Player>("a", 4, &pool, &written));
    pool.RequestTurn(std::make_shared<Player>("b", 2, &pool, &written));
    pool.RequestTurn(std::make_shared<Player>("c", 3, &pool, &written));
  }
  EXPECT_EQ(written, "abcabcaca");
}

TEST(LanePoolTest, LanesRunAtTheSameTime) {
  LanePool pool(Lanes(2));
  Notification first;
  Notification second;
  Notification met;
  pool.RequestTurn(MakeClient([&] {
    first.Notify();
    second.Wait();
    met.Notify();
  }));
  pool.RequestTurn(MakeClient([&] {
    first.Wait();
    second.Notify();
  }));
  met.Wait();  // hangs when one lane runs both
}

TEST(LanePoolTest, AWaitingLaneTakesATurnWhileAnotherIsBusy) {
  LanePool pool(Lanes(2));
  Notification begun;
  Notification release;
  Notification ran;
  pool.RequestTurn(MakeClient([&] {
    begun.Notify();
    release.Wait();
  }));
  begun.Wait();
  pool.RequestTurn(MakeClient([&] { ran.Notify(); }));
  ran.Wait();
  release.Notify();
}

TEST(LanePoolTest, TheStartFunctionRunsOnceOnEachLane) {
  std::mutex mu;
  std::vector<std::thread::id> started;
  LanePool::Options options = Lanes(3);
  options.on_thread_start = [&] {
    const std::lock_guard<std::mutex> lock(mu);
    started.push_back(std::this_thread::get_id());
  };
  { const LanePool pool(options); }
  EXPECT_THAT(started, SizeIs(3));
  EXPECT_THAT(std::set(started.begin(), started.end()), SizeIs(3));
}

TEST(LanePoolTest, TheStartFunctionRunsBeforeAnyTurn) {
  static thread_local bool started = false;
  std::atomic<int> unprepared = 0;
  LanePool::Options options = Lanes(2);
  options.on_thread_start = [] { started = true; };
  {
    LanePool pool(options);
    const auto client = MakeClient([&] {
      if (!started) ++unprepared;
    });
    for (int i = 0; i < 50; ++i) pool.RequestTurn(client);
  }
  EXPECT_EQ(unprepared, 0);
}

TEST(LanePoolTest, TheDestructorWaitsForTheTurnThatRuns) {
  std::atomic<bool> ended = false;
  Notification begun;
  {
    LanePool pool(Lanes(1));
    pool.RequestTurn(MakeClient([&] {
      begun.Notify();
      std::this_thread::yield();
      ended = true;
    }));
    begun.Wait();
  }
  EXPECT_TRUE(ended);
}

TEST(LanePoolTest, IdleLanesEndWithThePool) { const LanePool pool(Lanes(4)); }

TEST(LanePoolTest, AClientLivesUntilItsTurnIsOver) {
  std::weak_ptr<LaneClient> watched;
  bool alive = false;
  {
    LanePool pool(Lanes(1));
    const BusyLanes busy(&pool);
    auto client = MakeClient([&] { alive = !watched.expired(); });
    watched = client;
    pool.RequestTurn(std::move(client));
  }
  EXPECT_TRUE(alive);
  EXPECT_TRUE(watched.expired());
}

TEST(LanePoolTest, EachLaneIsPinnedToOneProcessor) {
  std::mutex mu;
  std::vector<int> counts;
  LanePool::Options options = Lanes(3);
  options.on_thread_start = [&] {
    cpu_set_t mask;
    CPU_ZERO(&mask);
    sched_getaffinity(0, sizeof(mask), &mask);
    const std::lock_guard<std::mutex> lock(mu);
    counts.push_back(CPU_COUNT(&mask));
  };
  { const LanePool pool(options); }
  EXPECT_THAT(counts, SizeIs(3));
  EXPECT_THAT(counts, Each(1));
}

// Runs `body` on a thread that joined `pool`.
void OnJoinedThread(LanePool* pool, const std::function<void()>& body) {
  std::thread([&] {
    pool->JoinThread();
    body();
  }).join();
}

// Asks for `turns` turns of `client` on a thread that joined, runs what that
// thread kept, waits for the lanes. Returns the thread.
std::thread::id GiveTurns(
    int turns, const std::shared_ptr<ShortClient>& client,
    const std::function<void()>& before_run = [] {}) {
  LanePool pool(Lanes(1));
  std::thread::id joined;
  OnJoinedThread(&pool, [&] {
    joined = std::this_thread::get_id();
    for (int i = 0; i < turns; ++i) pool.RequestTurn(client);
    before_run();
    pool.RunWork();
    EXPECT_FALSE(pool.HasWork());
  });
  return joined;
}

TEST(LanePoolTest, AJoinedThreadKeepsTheTurnsOfShortBatches) {
  const auto client = std::make_shared<ShortClient>();
  const std::thread::id joined = GiveTurns(3, client);
  EXPECT_THAT(client->threads(), ElementsAre(joined, joined, joined));
}

TEST(LanePoolTest, AKeptTurnWaitsForRunWork) {
  const auto client = std::make_shared<ShortClient>();
  LanePool pool(Lanes(1));
  OnJoinedThread(&pool, [&] {
    pool.RequestTurn(client);
    EXPECT_TRUE(pool.HasWork());
    EXPECT_THAT(client->threads(), IsEmpty());
    pool.RunWork();
  });
}

TEST(LanePoolTest, LongBatchesGoToALaneFromAJoinedThread) {
  const auto client = std::make_shared<ShortClient>();
  client->SetShort(false);
  const std::thread::id joined = GiveTurns(1, client);
  EXPECT_THAT(client->threads(), ElementsAre(Ne(joined)));
}

TEST(LanePoolTest, WhatBecameLongGoesToALane) {
  const auto client = std::make_shared<ShortClient>();
  const std::thread::id joined =
      GiveTurns(1, client, [&] { client->SetShort(false); });
  EXPECT_THAT(client->threads(), ElementsAre(Ne(joined)));
}

TEST(LanePoolTest, AJoinedThreadPassesOnWhatWouldKeepItTooLong) {
  const auto client =
      std::make_shared<ShortClient>(std::chrono::milliseconds(2));
  const std::thread::id joined = GiveTurns(3, client);
  EXPECT_THAT(client->threads(), ElementsAre(joined, Ne(joined), Ne(joined)));
}

TEST(LanePoolTest, AThreadOfAnotherPoolKeepsNothing) {
  const auto client = std::make_shared<ShortClient>();
  std::thread::id joined;
  {
    LanePool own(Lanes(1));
    LanePool other(Lanes(1));
    OnJoinedThread(&own, [&] {
      joined = std::this_thread::get_id();
      other.RequestTurn(client);
      EXPECT_FALSE(own.HasWork());
    });
  }
  EXPECT_THAT(client->threads(), ElementsAre(Ne(joined)));
}

TEST(LanePoolTest, TheStartFunctionRunsOnAThreadThatJoins) {
  static thread_local bool started = false;
  LanePool::Options options = Lanes(1);
  options.on_thread_start = [] { started = true; };
  LanePool pool(options);
  OnJoinedThread(&pool, [] { EXPECT_TRUE(started); });
}

}  // namespace
}  // namespace sconce

// Several requests that a BatchScheduler takes together: the parts of one.
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/unit/batching/batch_scheduler_fixture.h"
#include "tests/unit/batching/lane_fakes.h"

namespace sconce {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

class PartsTest : public BatchSchedulerTest {
 protected:
  // Parts of two rows.
  std::vector<InferTask*> NewParts(size_t count,
                                   MonoTime deadline = kNoDeadline) {
    std::vector<InferTask*> parts;
    for (size_t i = 0; i < count; ++i) {
      parts.push_back(NewTask({2, 3}));
      parts.back()->deadline = deadline;
    }
    return parts;
  }
};

TEST_F(PartsTest, RunInTheirOrder) {
  const auto scheduler = Make(2);
  const std::vector<InferTask*> parts = NewParts(3);
  {
    BusyLanes busy(&pool_);
    ASSERT_TRUE(scheduler->Schedule(parts).ok());
    EXPECT_EQ(Queued(), 3);
    for (size_t i = 0; i < parts.size(); ++i) {
      scheduler->RunOne();
      EXPECT_EQ(executor_.batches().back(), (std::vector{parts[i]}));
    }
  }
  scheduler->Drain();
  EXPECT_EQ(Queued(), 0);
}

TEST_F(PartsTest, AreAllAdmittedOrNone) {
  const auto scheduler = Make(2, /*max_queue_size=*/3);
  BusyLanes busy(&pool_);
  Schedule(scheduler.get());
  const absl::Status refused = scheduler->Schedule(NewParts(3));
  EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr("no room for the 3 parts that the request is run in: 1 "
                        "requests wait, and the limit is 3"));
  EXPECT_EQ(scheduler->queued(), 1);
  EXPECT_TRUE(scheduler->Schedule(NewParts(2)).ok());
  busy.Release();
  scheduler->Drain();
}

TEST_F(PartsTest, TakeThePlaceOfWhatIsDead) {
  const auto scheduler = Make(2, /*max_queue_size=*/3);
  BusyLanes busy(&pool_);
  Schedule(scheduler.get())->cancelled = true;
  EXPECT_TRUE(scheduler->Schedule(NewParts(3)).ok());
  busy.Release();
  scheduler->Drain();
}

TEST_F(PartsTest, AreAdmittedIfTheLastOneIsInTime) {
  executor_.SetTook(milliseconds(10));
  const auto scheduler = Make(2);
  Schedule(scheduler.get(), {2, 3})->done.Wait();
  scheduler->Drain();
  BusyLanes busy(&pool_);
  // Three runs on two lanes before the last one, and a margin of 20 %.
  const MonoTime now = clock_.Now();
  EXPECT_TRUE(absl::IsResourceExhausted(
      scheduler->Schedule(NewParts(4, now + milliseconds(29)))));
  EXPECT_EQ(scheduler->queued(), 0);
  EXPECT_TRUE(scheduler->Schedule(NewParts(4, now + milliseconds(30))).ok());
  busy.Release();
  scheduler->Drain();
}

}  // namespace
}  // namespace sconce

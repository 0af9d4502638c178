#include "server/telemetry/servable_stats.h"

#include <chrono>
#include <vector>

#include "gtest/gtest.h"

#include "server/base/thread.h"

namespace sconce {
namespace {

using std::chrono::nanoseconds;

// Queue 10, compute input 20, infer 300, output 4000 nanoseconds.
RequestTrace Trace() {
  RequestTrace trace;
  trace.enqueued = MonoTime(nanoseconds(1'000'000));
  trace.batch_start = trace.enqueued + nanoseconds(10);
  trace.forward_start = trace.batch_start + nanoseconds(20);
  trace.forward_end = trace.forward_start + nanoseconds(300);
  trace.batch_end = trace.forward_end + nanoseconds(4000);
  return trace;
}

int64_t UnixMillisecondsNow() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

TEST(ServableStatsTest, StartsAtZero) {
  const ServableStats stats;
  EXPECT_EQ(stats.Get().last_inference_unix_ms, 0);
  EXPECT_EQ(stats.Get().rows, 0);
  EXPECT_EQ(stats.Get().executions, 0);
  EXPECT_EQ(stats.Get().success.count, 0);
  EXPECT_TRUE(stats.Get().batches.empty());
}

TEST(ServableStatsTest, SuccessesAddUpRowsAndTotalTimes) {
  ServableStats stats;
  stats.RecordSuccess(3, Trace(), nanoseconds(7000));
  stats.RecordSuccess(2, Trace(), nanoseconds(1));
  EXPECT_EQ(stats.Get().rows, 5);
  EXPECT_EQ(stats.Get().success.count, 2);
  EXPECT_EQ(stats.Get().success.nanoseconds, 7001);
}

TEST(ServableStatsTest, ASuccessAddsTheTimeOfEachStation) {
  ServableStats stats;
  stats.RecordSuccess(1, Trace(), nanoseconds(7000));
  EXPECT_EQ(stats.Get().queue.nanoseconds, 10);
  EXPECT_EQ(stats.Get().compute_input.nanoseconds, 20);
  EXPECT_EQ(stats.Get().compute_infer.nanoseconds, 300);
  EXPECT_EQ(stats.Get().compute_output.nanoseconds, 4000);
}

TEST(ServableStatsTest, EveryStationIsCountedOncePerSuccess) {
  ServableStats stats;
  stats.RecordSuccess(8, Trace(), nanoseconds(7000));
  EXPECT_EQ(stats.Get().queue.count, 1);
  EXPECT_EQ(stats.Get().compute_input.count, 1);
  EXPECT_EQ(stats.Get().compute_infer.count, 1);
  EXPECT_EQ(stats.Get().compute_output.count, 1);
}

TEST(ServableStatsTest, ASuccessSetsTheTimeOfTheLastInference) {
  ServableStats stats;
  const int64_t before = UnixMillisecondsNow();
  stats.RecordSuccess(1, Trace(), nanoseconds(1));
  EXPECT_GE(stats.Get().last_inference_unix_ms, before);
  EXPECT_LE(stats.Get().last_inference_unix_ms, UnixMillisecondsNow());
}

TEST(ServableStatsTest, AFailureCountsAsFailureOnly) {
  ServableStats stats;
  stats.RecordFailure(nanoseconds(50));
  EXPECT_EQ(stats.Get().fail.count, 1);
  EXPECT_EQ(stats.Get().fail.nanoseconds, 50);
  EXPECT_EQ(stats.Get().success.count, 0);
  EXPECT_EQ(stats.Get().rows, 0);
  EXPECT_EQ(stats.Get().last_inference_unix_ms, 0);
}

TEST(ServableStatsTest, ExecutionsAreCountedByTheirRows) {
  ServableStats stats;
  stats.RecordExecution(4, {});
  stats.RecordExecution(1, {});
  stats.RecordExecution(4, {});
  const auto data = stats.Get();
  EXPECT_EQ(data.executions, 3);
  ASSERT_EQ(data.batches.size(), 2u);
  EXPECT_EQ(data.batches.at(1).infer.count, 1);
  EXPECT_EQ(data.batches.at(4).infer.count, 2);
}

TEST(ServableStatsTest, ExecutionsAddUpTheirTimesByRows) {
  ServableStats stats;
  stats.RecordExecution(4, {nanoseconds(1), nanoseconds(2), nanoseconds(3)});
  stats.RecordExecution(4, {nanoseconds(10), nanoseconds(20), nanoseconds(30)});
  const auto batch = stats.Get().batches.at(4);
  EXPECT_EQ(batch.input.nanoseconds, 11);
  EXPECT_EQ(batch.infer.nanoseconds, 22);
  EXPECT_EQ(batch.output.nanoseconds, 33);
}

TEST(ServableStatsTest, AnExecutionIsNoRequest) {
  ServableStats stats;
  stats.RecordExecution(4, {});
  EXPECT_EQ(stats.Get().rows, 0);
  EXPECT_EQ(stats.Get().success.count, 0);
}

TEST(ServableStatsTest, ThreadsRecordWithoutLosingCount) {
  ServableStats stats;
  {
    std::vector<Thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back("record", [&] {
        for (int n = 0; n < 500; ++n) {
          stats.RecordSuccess(2, Trace(), nanoseconds(1));
          stats.RecordFailure(nanoseconds(1));
          stats.RecordExecution(2, {});
        }
      });
    }
  }
  EXPECT_EQ(stats.Get().rows, 4000);
  EXPECT_EQ(stats.Get().fail.count, 2000);
  EXPECT_EQ(stats.Get().batches.at(2).infer.count, 2000);
}

}  // namespace
}  // namespace sconce

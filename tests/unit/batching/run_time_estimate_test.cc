#include "server/batching/run_time_estimate.h"

#include <chrono>

#include "gtest/gtest.h"

namespace sconce {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

void AddTimes(int count, MonoDuration took, RunTimeEstimate* estimate) {
  for (int i = 0; i < count; ++i) estimate->Add(took);
}

TEST(RunTimeEstimateTest, UnknownIsNotShort) {
  EXPECT_FALSE(RunTimeEstimate().IsShort());
}

TEST(RunTimeEstimateTest, ShortBatchesAreTrustedAfterAWhile) {
  RunTimeEstimate estimate;
  AddTimes(20, microseconds(5), &estimate);
  EXPECT_FALSE(estimate.IsShort());
  AddTimes(100, microseconds(5), &estimate);
  EXPECT_TRUE(estimate.IsShort());
}

TEST(RunTimeEstimateTest, LongBatchesAreNot) {
  RunTimeEstimate estimate;
  AddTimes(1000, RunTimeEstimate::kShort, &estimate);
  EXPECT_FALSE(estimate.IsShort());
}

TEST(RunTimeEstimateTest, OneInterruptedBatchChangesNothing) {
  RunTimeEstimate estimate;
  AddTimes(1000, microseconds(20), &estimate);
  estimate.Add(std::chrono::milliseconds(4));
  EXPECT_TRUE(estimate.IsShort());
}

TEST(RunTimeEstimateTest, AFewLongAmongManyShortAreNoticed) {
  RunTimeEstimate estimate;
  for (int i = 0; i < 100; ++i) {
    AddTimes(7, microseconds(30), &estimate);
    estimate.Add(std::chrono::milliseconds(8));
  }
  EXPECT_FALSE(estimate.IsShort());
}

TEST(RunTimeEstimateTest, ManyLongerBatchesEndTheTrust) {
  RunTimeEstimate estimate;
  AddTimes(1000, microseconds(20), &estimate);
  AddTimes(20, microseconds(300), &estimate);
  EXPECT_FALSE(estimate.IsShort());
}

TEST(RunTimeEstimateTest, OneStallEndsTheTrustForAbout150Batches) {
  RunTimeEstimate estimate;
  AddTimes(1000, microseconds(5), &estimate);
  estimate.Add(seconds(3600));
  AddTimes(120, microseconds(5), &estimate);
  EXPECT_FALSE(estimate.IsShort());
  AddTimes(60, microseconds(5), &estimate);
  EXPECT_TRUE(estimate.IsShort());
}

}  // namespace
}  // namespace sconce

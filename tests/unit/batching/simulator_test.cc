// The simulator itself.
#include <chrono>
#include <cstddef>

#include "gtest/gtest.h"

#include "tests/bench/simulator/policy.h"
#include "tests/unit/batching/simulated_workloads.h"

namespace sconce::simulator {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// One request at a time, ten milliseconds each.
Model Deterministic() {
  BatchRules rules;
  rules.max_rows = 1;
  return {RunTimes::Affine(milliseconds(9), milliseconds(1), 0), rules};
}

TEST(RunTimesTest, LieOnStraightLinesBetweenWhatWasMeasured) {
  const RunTimes times(
      {{1, milliseconds(10)}, {4, milliseconds(16)}, {8, milliseconds(40)}}, 0);
  EXPECT_EQ(times.Mean(1), milliseconds(10));
  EXPECT_EQ(times.Mean(2), milliseconds(12));
  EXPECT_EQ(times.Mean(6), milliseconds(28));
  EXPECT_EQ(times.Mean(9), milliseconds(46));
}

TEST(RunTimesTest, NoiseKeepsTheMean) {
  const RunTimes times =
      RunTimes::Affine(milliseconds(9), milliseconds(1), 0.3);
  Random random(7);
  MonoDuration sum = MonoDuration::zero();
  for (int i = 0; i < 100000; ++i) sum += times.Draw(1, &random);
  EXPECT_NEAR(ToSeconds(sum) / 1000, 1, 0.01);
}

TEST(SimulationTest, TheSameSeedGivesTheSame) {
  const Workload workload = Loaded(SmallModel(), 2, 0.9, milliseconds(50));
  const Record a = Simulate("sconce", workload);
  const Record b = Simulate("sconce", workload);
  ASSERT_EQ(a.requests.size(), b.requests.size());
  for (size_t i = 0; i < a.requests.size(); ++i) {
    ASSERT_EQ(a.requests[i].ended, b.requests[i].ended);
  }
}

// M/D/1: the mean wait is rho / (2 (1 - rho)) service times.
TEST(SimulationTest, AgreesWithTheTheoryOfQueues) {
  Workload workload = Loaded(Deterministic(), 1, 0.7, MonoDuration::zero());
  workload.requests = 200000;
  MonoDuration wait = MonoDuration::zero();
  const Record record = Simulate("fifo", workload);
  for (const Request& request : record.requests) {
    wait += request.ended - request.arrived - milliseconds(10);
  }
  const double mean = ToSeconds(wait) / static_cast<double>(workload.requests);
  EXPECT_NEAR(mean / 0.010, 0.7 / (2 * 0.3), 0.05);
}

TEST(SimulationTest, EachRequestEndsOnce) {
  for (const char* policy : {"fifo", "timeout", "early_drop", "sconce"}) {
    const Workload workload = Loaded(SmallModel(), 2, 3, milliseconds(30));
    const Figures figures = Simulated(workload, policy);
    EXPECT_EQ(figures.offered, 27000) << policy;
    EXPECT_EQ(figures.good + figures.late + figures.expired + figures.rejected,
              figures.offered)
        << policy;
  }
}

TEST(SimulationTest, TimeoutsAreFoundWhenABatchIsFormed) {
  Workload workload = Loaded(Deterministic(), 1, 2, milliseconds(15));
  const Figures figures = Simulated(workload, "timeout");
  EXPECT_GT(figures.expired, 0);
  EXPECT_GT(figures.late, 0);
  EXPECT_EQ(figures.rejected, 0);
}

TEST(SimulationTest, DeadlinesAreDrawnBetweenTheirBounds) {
  Workload workload = Loaded(SmallModel(), 1, 0.5, milliseconds(50));
  workload.streams[0].least_time = milliseconds(20);
  const Record record = Simulate("fifo", workload);
  int early = 0;
  for (const Request& request : record.requests) {
    const MonoDuration time = request.deadline - request.arrived;
    ASSERT_GE(time, milliseconds(20));
    ASSERT_LE(time, milliseconds(50));
    early += time < milliseconds(35) ? 1 : 0;
  }
  EXPECT_NEAR(early / 30000.0, 0.5, 0.02);
}

TEST(SimulationTest, RequestsWaitForOthersWhenADelayIsAskedFor) {
  Workload workload = Loaded(SmallModel(), 1, 0.1, MonoDuration::zero());
  const double plain = Simulated(workload).mean_batch;
  workload.models[0].rules.max_delay = milliseconds(20);
  EXPECT_GT(Simulated(workload).mean_batch, 2 * plain);
}

TEST(MakePolicyTest, AnUnknownNameIsNoPolicy) {
  const Workload workload = Loaded(SmallModel(), 1, 1, seconds(1));
  EXPECT_EQ(MakePolicy("lifo", workload), nullptr);
}

}  // namespace
}  // namespace sconce::simulator

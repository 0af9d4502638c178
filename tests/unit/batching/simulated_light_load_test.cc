// The policy where the lanes can do it all.
#include "gtest/gtest.h"

#include "tests/unit/batching/simulated_workloads.h"

namespace sconce::simulator {
namespace {

class SimulatedLightLoadTest : public testing::TestWithParam<int> {
 protected:
  const int lanes_ = GetParam();
};

TEST_P(SimulatedLightLoadTest, NothingIsRefusedThatCouldBeMet) {
  for (const Model& model : {SmallModel(), LargeModel()}) {
    for (const double load : {0.3, 0.7}) {
      const MonoDuration time = 3 * FullBatch(model);
      const Figures figures = Simulated(Loaded(model, lanes_, load, time));
      EXPECT_GE(figures.good_share, 0.995) << load;
    }
  }
}

// First come, first served is the optimum of what never lets a lane idle.
TEST_P(SimulatedLightLoadTest, BatchesAreAsLargeAsThoseOfPlainBatching) {
  for (const Model& model : {SmallModel(), LargeModel()}) {
    for (const double load : {0.3, 0.7, 0.95}) {
      const MonoDuration time = 100 * FullBatch(model);
      const Workload workload = Loaded(model, lanes_, load, time);
      const double plain = Simulated(workload, "fifo").mean_batch;
      const Figures figures = Simulated(workload);
      EXPECT_NEAR(figures.mean_batch / plain, 1, 0.05) << load;
      EXPECT_EQ(figures.good, figures.offered) << load;
    }
  }
}

// With deadlines that hold for all but the longest queues.
TEST_P(SimulatedLightLoadTest, HardlyMoreAreLostThanByPlainBatching) {
  for (const Model& model : {SmallModel(), LargeModel()}) {
    const Workload workload = Loaded(model, lanes_, 0.95, 3 * FullBatch(model));
    EXPECT_GE(Simulated(workload).good_share,
              Simulated(workload, "fifo").good_share - 0.01);
  }
}

INSTANTIATE_TEST_SUITE_P(Lanes, SimulatedLightLoadTest, testing::Values(1, 2));

}  // namespace
}  // namespace sconce::simulator

// The policy where models, shapes and priorities compete.
#include <chrono>

#include "gtest/gtest.h"

#include "tests/unit/batching/simulated_workloads.h"

namespace sconce::simulator {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class SimulatedSharingTest : public testing::TestWithParam<int> {
 protected:
  const int lanes_ = GetParam();

  // Adds a model with a stream of its own.
  static void Add(Model model, double rate, MonoDuration time,
                  Workload* workload) {
    Stream stream;
    stream.model = workload->models.size();
    stream.rate = rate;
    stream.least_time = stream.most_time = time;
    workload->models.push_back(std::move(model));
    workload->streams.push_back(stream);
  }
};

TEST_P(SimulatedSharingTest, FourShapesInTurnAreServedLikeOne) {
  const Model model = LargeModel();
  Workload workload = Loaded(model, lanes_, 2, 12 * FullBatch(model));
  const double one = Simulated(workload).goodput;
  workload.streams[0].shapes = 4;
  const Figures four = Simulated(workload);
  EXPECT_GE(four.goodput, 0.9 * one);
  EXPECT_GE(four.in_time, 0.99);
}

TEST_P(SimulatedSharingTest, ATrickleWaitsForTwoBatchesOfAHotModelAtMost) {
  const Model hot = LargeModel();
  Workload workload = Loaded(hot, lanes_, 3, 3 * FullBatch(hot));
  Add(SmallModel(), 2, MonoDuration::zero(), &workload);
  const Record record = Simulate("sconce", workload);
  EXPECT_LE(FiguresOf(record, workload, {.model = 1}).p99, 2 * FullBatch(hot));
  EXPECT_GE(FiguresOf(record, workload, {.model = 0}).goodput, 0.9);
}

TEST_P(SimulatedSharingTest, ATrickleWithDeadlinesIsAdmittedBesideAHotModel) {
  const Model hot = LargeModel();
  Workload workload = Loaded(hot, lanes_, 3, 3 * FullBatch(hot));
  Add(SmallModel(), 2, 2 * FullBatch(hot), &workload);
  const Record record = Simulate("sconce", workload);
  EXPECT_GE(FiguresOf(record, workload, {.model = 1}).good_share, 0.98);
}

TEST_P(SimulatedSharingTest, HotModelsGetTheSameLaneTime) {
  Workload workload;
  workload.lanes = lanes_;
  workload.requests = 60000;
  Model quick = LargeModel();
  quick.run_times = RunTimes::Affine(milliseconds(5), milliseconds(5), 0.15);
  Add(quick, 3 * Capacity(quick, lanes_), seconds(3), &workload);
  Add(LargeModel(), 3 * Capacity(LargeModel(), lanes_), seconds(3), &workload);
  const Record record = Simulate("sconce", workload);
  for (const size_t model : {0, 1}) {
    const Figures figures = FiguresOf(record, workload, {.model = model});
    EXPECT_NEAR(figures.lane_share, 0.5, 0.05) << model;
    EXPECT_GE(figures.in_time, 0.98) << model;
  }
}

// A tenth of the capacity goes before what asks for twice as much as there is.
TEST_P(SimulatedSharingTest, HighPriorityOvertakesAndNobodyStarves) {
  const Model model = LargeModel();
  Workload workload = Loaded(model, lanes_, 2, 4 * FullBatch(model));
  Stream urgent = workload.streams[0];
  urgent.rate /= 20;
  urgent.priority = kDefaultPriority - 1;
  workload.streams.push_back(urgent);
  const Record record = Simulate("sconce", workload);
  const Figures high = FiguresOf(record, workload, {.stream = 1});
  const Figures normal = FiguresOf(record, workload, {.stream = 0});
  EXPECT_GE(high.good_share, 0.99);
  EXPECT_LT(high.p50, normal.p50 * 3 / 4);
  EXPECT_GE(normal.goodput, 0.8);
  // Who will overtake is not known when a request is admitted.
  EXPECT_GE(normal.in_time, 0.95);
}

INSTANTIATE_TEST_SUITE_P(Lanes, SimulatedSharingTest, testing::Values(1, 2));

}  // namespace
}  // namespace sconce::simulator

// The policy under more load than the lanes can do.
#include <ostream>
#include <string>

#include "gtest/gtest.h"

#include "tests/unit/batching/simulated_workloads.h"

namespace sconce::simulator {
namespace {

struct Overload {
  const char* name;
  Model model;
  int lanes;
};

void PrintTo(const Overload& overload, std::ostream* out) {
  *out << overload.name;
}

class SimulatedOverloadTest : public testing::TestWithParam<Overload> {
 protected:
  // Deadlines of three full batches.
  static Figures At(double load) {
    const auto& [name, model, lanes] = GetParam();
    return Simulated(Loaded(model, lanes, load, 3 * FullBatch(model)));
  }
};

TEST_P(SimulatedOverloadTest, TwiceTheLoadLeavesTheGoodput) {
  const Figures figures = At(2);
  EXPECT_GE(figures.goodput, 0.95);
  EXPECT_GE(figures.in_time, 0.99);
}

TEST_P(SimulatedOverloadTest, FiveTimesTheLoadCostsATenthOfIt) {
  const Figures figures = At(5);
  EXPECT_GE(figures.goodput, 0.90);
  EXPECT_GE(figures.in_time, 0.99);
}

TEST_P(SimulatedOverloadTest, ALittleTooMuchCostsLittle) {
  const Figures figures = At(1.2);
  EXPECT_GE(figures.goodput, 0.95);
  EXPECT_GE(figures.in_time, 0.99);
}

INSTANTIATE_TEST_SUITE_P(
    , SimulatedOverloadTest,
    testing::Values(Overload{"SmallModelOneLane", SmallModel(), 1},
                    Overload{"SmallModelTwoLanes", SmallModel(), 2},
                    Overload{"LargeModelOneLane", LargeModel(), 1},
                    Overload{"LargeModelTwoLanes", LargeModel(), 2}),
    [](const auto& test) { return std::string(test.param.name); });

// Why the server admits at all: what others do comes to nothing.
TEST(SimulatedPoliciesTest, OthersLoseTheirGoodput) {
  const Model model = SmallModel();
  const Workload workload = Loaded(model, 1, 2, 3 * FullBatch(model));
  EXPECT_LT(Simulated(workload, "fifo").goodput, 0.1);
  EXPECT_LT(Simulated(workload, "timeout").goodput, 0.1);
  EXPECT_LT(Simulated(workload, "early_drop").goodput,
            Simulated(workload).goodput);
}

// Two full batches just fit.
TEST(SimulatedPoliciesTest, TightDeadlinesLeaveTheGoodput) {
  const Model model = SmallModel();
  const MonoDuration time = FullBatch(model) * 22 / 10;
  const Figures figures = Simulated(Loaded(model, 1, 2, time));
  EXPECT_GE(figures.goodput, 0.95);
  EXPECT_GE(figures.in_time, 0.99);
}

// Batches get smaller then.
TEST(SimulatedPoliciesTest, DeadlinesTooTightForFullBatchesLeaveSomeGoodput) {
  const Model model = SmallModel();
  const MonoDuration time = FullBatch(model) * 3 / 2;
  const Figures figures = Simulated(Loaded(model, 1, 2, time));
  EXPECT_GE(figures.goodput, 0.5);
  EXPECT_GE(figures.in_time, 0.9);
}

}  // namespace
}  // namespace sconce::simulator

// Requests with more rows than a batch may have.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/runtime/torch_loader.h"
#include "tests/support/recording_task.h"
#include "tests/unit/runtime/torch_archive.h"

namespace sconce {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kDouble[] = "def forward(self, x):\n  return x * 2\n";

// One lane.
class LargeRequestsTest : public ::testing::Test {
 protected:
  void Load(const std::string& source, ServableConfig config = {}) {
    loader_ = MakeTorchLoaderFactory({.lanes = &lanes_, .metrics = &metrics_})(
        ServableSpec{
            {"m", 1}, SaveModule(source), std::move(config), absl::OkStatus()});
    const absl::Status loaded = loader_->Load();
    ASSERT_TRUE(loaded.ok()) << loaded;
  }

  absl::Status Run(RecordingTask* task) {
    const absl::Status scheduled = loader_->servable()->Schedule(task);
    if (!scheduled.ok()) return scheduled;
    task->done.Wait();
    return task->result.status();
  }

  // Good requests until the server has proven what it wants to.
  void Prove() {
    for (float value = 1; loader_->servable()->batching("").kinds.empty();
         ++value) {
      RecordingTask task;
      task.AddInput("x", {1, 2}, value);
      ASSERT_TRUE(Run(&task).ok());
    }
  }

  // Waits for the lane to note what its last run took, which it does after the
  // answer.
  void FinishTurn() {
    auto turn = std::make_shared<Turn>();
    lanes_.RequestLane(turn);
    turn->begun.Wait();
  }

  static std::vector<float> Floats(const OutputTensor& output) {
    const auto* begin = reinterpret_cast<const float*>(output.bytes.data());
    return {begin, begin + output.bytes.size() / sizeof(float)};
  }

  struct Turn : LaneClient {
    MonoDuration RunOne() override {
      begun.Notify();
      return MonoDuration::zero();
    }
    Notification begun;
  };

  ServerMetrics metrics_;
  LanePool lanes_{{.lanes = 1}};
  std::unique_ptr<Loader> loader_;
};

// Batches of up to 4 rows without a check.
const ServableConfig kTrusted = {
    .max_batch_size = 4, .batching = ServableConfig::Batching::kTrusted};

TEST_F(LargeRequestsTest, RunInPartsWhereBatchingIsTrusted) {
  Load(kDouble, kTrusted);
  RecordingTask task;
  task.AddInput("x", {11, 2}, 3);
  ASSERT_TRUE(Run(&task).ok()) << task.result.status();
  EXPECT_EQ(task.result->at(0).shape, (Shape{11, 2}));
  EXPECT_THAT(Floats(task.result->at(0)), Each(6));
  EXPECT_EQ(task.rows, 11);
  EXPECT_EQ(task.trace.batch_rows, 4);
}

TEST_F(LargeRequestsTest, RunAsOneUntilTheirRowsAreProven) {
  Load(kDouble, {.max_batch_size = 4});
  RecordingTask early, late;
  early.AddInput("x", {11, 2}, 3);
  EXPECT_TRUE(Run(&early).ok()) << early.result.status();
  EXPECT_EQ(early.trace.batch_rows, 11);
  Prove();
  late.AddInput("x", {11, 2}, 3);
  EXPECT_TRUE(Run(&late).ok()) << late.result.status();
  EXPECT_EQ(late.trace.batch_rows, 4);
  EXPECT_EQ(Floats(early.result->at(0)), Floats(late.result->at(0)));
}

TEST_F(LargeRequestsTest, AreRefusedWhereNothingIsMerged) {
  Load(kDouble,
       {.max_batch_size = 4, .batching = ServableConfig::Batching::kOff});
  RecordingTask task;
  task.AddInput("x", {11, 2}, 3);
  EXPECT_EQ(Run(&task),
            absl::InvalidArgumentError(
                "inference request batch-size must be <= 4 for 'm', got 11; "
                "split the request"));
}

TEST_F(LargeRequestsTest, AreRefusedWhereRowsInfluenceEachOther) {
  Load("def forward(self, x):\n  return x / x.mean()\n", {.max_batch_size = 4});
  Prove();
  RecordingTask task;
  task.AddInput("x", {5, 2}, 3);
  EXPECT_TRUE(absl::IsInvalidArgument(Run(&task)));
}

// Thousands of logarithms a row take some milliseconds a batch on any machine.
TEST_F(LargeRequestsTest, RunInPartsWhereNothingIsDeclaredAndBatchesAreLong) {
  Load(
      "def forward(self, x):\n"
      "  y = torch.lgamma(x.repeat(1, 16000))\n"
      "  return x * 2 + torch.isnan(y)[:, :2] * 0\n");
  RecordingTask early, full, late;
  early.AddInput("x", {70, 2}, 3);
  ASSERT_TRUE(Run(&early).ok());
  Prove();
  full.AddInput("x", {32, 2}, 3);
  ASSERT_TRUE(Run(&full).ok());
  FinishTurn();
  late.AddInput("x", {70, 2}, 3);
  ASSERT_TRUE(Run(&late).ok());
  EXPECT_EQ(late.trace.batch_rows, 32);
  EXPECT_EQ(Floats(early.result->at(0)), Floats(late.result->at(0)));
}

TEST_F(LargeRequestsTest, RunWholeWhereNothingIsDeclaredOrKnown) {
  Load(kDouble);
  Prove();
  RecordingTask task;
  task.AddInput("x", {70, 2}, 3);
  ASSERT_TRUE(Run(&task).ok());
  EXPECT_EQ(task.trace.batch_rows, 1);  // a request that is not merged
  EXPECT_THAT(Floats(task.result->at(0)), SizeIs(140));
}

// No check has shown what the code does with more rows.
TEST_F(LargeRequestsTest, RunWholeWhereTheCodeMayBranchOnTheirSize) {
  Load(
      "def forward(self, x):\n"
      "  if x.size(0) > 32:\n    return x * 3\n"
      "  return x * 2\n");
  Prove();
  RecordingTask task;
  task.AddInput("x", {40, 2}, 1);
  ASSERT_TRUE(Run(&task).ok());
  EXPECT_THAT(Floats(task.result->at(0)), Each(3));
}

TEST_F(LargeRequestsTest, AreRefusedWhereTheQueueCouldNotHoldTheParts) {
  ServableConfig config = kTrusted;
  config.max_queue_size = 3;
  Load(kDouble, config);
  RecordingTask good, large;
  good.AddInput("x", {12, 2}, 1);
  large.AddInput("x", {13, 2}, 1);
  EXPECT_TRUE(Run(&good).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(Run(&large)));
}

TEST_F(LargeRequestsTest, OutputsThatHaveNoRowsAreNotMadeUp) {
  Load("def forward(self, x):\n  return x, x.sum()\n", kTrusted);
  RecordingTask task;
  task.AddInput("x", {5, 2}, 1);
  const absl::Status status = Run(&task);
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("output 'output_1' has shape [] for 4 rows"));
}

TEST_F(LargeRequestsTest, APartThatFailsFailsTheRequest) {
  Load(
      "def forward(self, x):\n"
      "  assert x.size(0) == 4, 'not four'\n"
      "  return x\n",
      kTrusted);
  RecordingTask bad, good;
  bad.AddInput("x", {7, 2}, 1);
  EXPECT_THAT(std::string(Run(&bad).message()), HasSubstr("not four"));
  good.AddInput("x", {8, 2}, 1);
  EXPECT_TRUE(Run(&good).ok()) << good.result.status();
}

}  // namespace
}  // namespace sconce

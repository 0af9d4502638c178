#include "server/core/warmup.h"

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/base/thread.h"
#include "tests/support/fake_servable.h"

namespace sconce {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TensorSpec Spec(const std::string& name, std::optional<DataType> type,
                std::optional<Shape> shape) {
  TensorSpec spec;
  spec.name = name;
  spec.type = type;
  spec.shape = std::move(shape);
  return spec;
}

// A model with one FP32 input of `shape`.
ModelSignature OneInput(int64_t max_batch_size, const Shape& shape) {
  ModelSignature signature;
  signature.inputs = {Spec("x", DataType::kFp32, shape)};
  signature.max_batch_size = max_batch_size;
  return signature;
}

class WarmUpTest : public testing::Test {
 protected:
  // Warms up a servable that answers as `answer` tells.
  void Run(
      ModelSignature signature,
      std::function<absl::Status(const InferTask&)> answer =
          [](const InferTask&) { return absl::OkStatus(); }) {
    FakeServable servable({"net", 1}, std::move(signature),
                          metrics_.ForServable("net", 1),
                          [this, answer](InferTask* task) {
                            Record(*task);
                            Finish(task, answer(*task));
                          });
    WarmUp(&servable);
  }

  static void Finish(InferTask* task, const absl::Status& status) {
    if (!status.ok()) return task->Finish(status);
    task->Finish(std::vector<OutputTensor>());
  }

  void Record(const InferTask& task) {
    ++requests_;
    if (task.inputs.empty()) return;
    shapes_.push_back(task.inputs[0].shape);
    std::vector<uint8_t> bytes(task.inputs[0].bytes.size(), 0xff);
    task.inputs[0].bytes.CopyTo(bytes.data());
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }

  ServerMetrics metrics_;
  int requests_ = 0;
  std::vector<Shape> shapes_;  // of the first input of each request
  std::vector<uint8_t> bytes_;
};

TEST_F(WarmUpTest, SendsPowersOfTwoUpToTheBatchSize) {
  Run(OneInput(8, {kAnySize, 3}));
  EXPECT_THAT(shapes_, ElementsAre(Shape({1, 3}), Shape({2, 3}), Shape({4, 3}),
                                   Shape({8, 3})));
}

TEST_F(WarmUpTest, EndsWithTheBatchSizeWhenItIsNoPowerOfTwo) {
  Run(OneInput(6, {kAnySize}));
  EXPECT_THAT(shapes_,
              ElementsAre(Shape({1}), Shape({2}), Shape({4}), Shape({6})));
}

TEST_F(WarmUpTest, ABatchSizeOfOneIsSentOnce) {
  Run(OneInput(1, {kAnySize}));
  EXPECT_THAT(shapes_, ElementsAre(Shape({1})));
}

TEST_F(WarmUpTest, WithoutBatchingTheShapeIsSentAsItIs) {
  Run(OneInput(0, {5, 3}));
  EXPECT_THAT(shapes_, ElementsAre(Shape({5, 3})));
}

TEST_F(WarmUpTest, TheInputsAreZeros) {
  Run(OneInput(0, {2, 2}));
  EXPECT_EQ(bytes_.size(), 16u);
  EXPECT_THAT(bytes_, Each(0));
}

TEST_F(WarmUpTest, EveryInputIsSentWithItsOwnTypeAndShape) {
  ModelSignature signature;
  signature.inputs = {Spec("ids", DataType::kInt64, Shape({kAnySize, 3})),
                      Spec("mask", DataType::kBool, Shape({kAnySize}))};
  signature.max_batch_size = 2;
  std::vector<std::string> seen;
  Run(signature, [&seen](const InferTask& task) {
    for (const InputTensor& input : task.inputs) {
      seen.push_back(input.name + std::string(DataTypeName(input.type)) +
                     ShapeToString(input.shape));
    }
    return absl::OkStatus();
  });
  EXPECT_THAT(seen, ElementsAre("idsINT64[1,3]", "maskBOOL[1]", "idsINT64[2,3]",
                                "maskBOOL[2]"));
}

TEST_F(WarmUpTest, AModelWithoutInputsIsRun) {
  Run(ModelSignature());
  EXPECT_EQ(requests_, 1);
}

TEST_F(WarmUpTest, AnUnknownTypeIsNotGuessed) {
  ModelSignature signature;
  signature.inputs = {Spec("x", std::nullopt, Shape({2}))};
  Run(signature);
  EXPECT_EQ(requests_, 0);
}

TEST_F(WarmUpTest, AnUnknownShapeIsNotGuessed) {
  ModelSignature signature;
  signature.inputs = {Spec("x", DataType::kFp32, std::nullopt)};
  Run(signature);
  EXPECT_EQ(requests_, 0);
}

TEST_F(WarmUpTest, AnUnknownSizeIsNotGuessed) {
  Run(OneInput(4, {kAnySize, kAnySize}));
  EXPECT_EQ(requests_, 0);
}

TEST_F(WarmUpTest, WithoutBatchingAnUnknownFirstSizeIsNotGuessed) {
  Run(OneInput(0, {kAnySize, 3}));
  EXPECT_EQ(requests_, 0);
}

TEST_F(WarmUpTest, AnUnknownSecondInputLeavesTheModelCold) {
  ModelSignature signature = OneInput(0, {2});
  signature.inputs.push_back(Spec("y", std::nullopt, std::nullopt));
  Run(signature);
  EXPECT_EQ(requests_, 0);
}

TEST_F(WarmUpTest, BytesInputsLeaveTheModelCold) {
  ModelSignature signature;
  signature.inputs = {Spec("text", DataType::kBytes, Shape({2}))};
  Run(signature);
  EXPECT_EQ(requests_, 0);
}

TEST_F(WarmUpTest, ZerosThatNeedTooMuchMemoryAreNotMade) {
  Run(OneInput(0, {int64_t{1} << 40}));
  EXPECT_EQ(requests_, 0);
}

TEST_F(WarmUpTest, AFailureEndsTheWarmUp) {
  Run(OneInput(8, {kAnySize}), [](const InferTask& task) {
    return task.inputs[0].shape[0] == 2 ? absl::InternalError("no zeros")
                                        : absl::OkStatus();
  });
  EXPECT_THAT(shapes_, ElementsAre(Shape({1}), Shape({2})));
}

TEST_F(WarmUpTest, WaitsForAnswersThatComeLater) {
  std::vector<Thread> lanes;
  std::atomic<int> answered = 0;
  FakeServable servable({"net", 1}, OneInput(4, {kAnySize}),
                        metrics_.ForServable("net", 1), [&](InferTask* task) {
                          lanes.emplace_back("lane", [&answered, task] {
                            ++answered;
                            Finish(task, absl::OkStatus());
                          });
                        });
  WarmUp(&servable);
  EXPECT_EQ(answered, 3);
}

// Accepts nothing: its queue is full.
class FullServable : public FakeServable {
 public:
  using FakeServable::FakeServable;
  absl::Status Schedule(InferTask* task) override {
    tasks.push_back(task);
    return absl::ResourceExhaustedError("full");
  }
  std::vector<InferTask*> tasks;
};

TEST_F(WarmUpTest, DoesNotWaitForATaskThatWasRefused) {
  FullServable servable({"net", 1}, OneInput(4, {kAnySize}),
                        metrics_.ForServable("net", 1), [](InferTask*) {});
  WarmUp(&servable);
  EXPECT_EQ(servable.tasks.size(), 1u);
}

}  // namespace
}  // namespace sconce

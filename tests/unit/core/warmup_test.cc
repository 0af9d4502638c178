#include "server/core/warmup.h"

#include <atomic>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/base/thread.h"
#include "server/core/waiting_task.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_servable.h"

namespace sconce {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

class WarmUpTest : public testing::Test {
 protected:
  WarmUpTest() { Add("x", {1, 2}, 7); }

  // Adds an input to the example.
  void Add(const std::string& name, const Shape& shape, uint8_t value) {
    const auto size = static_cast<size_t>(*ByteCount(DataType::kFp32, shape));
    example_.AddInput(name, DataType::kFp32, shape,
                      std::vector<uint8_t>(size, value));
  }

  // Warms up a servable that answers as `answer` tells.
  void Run(
      int64_t most_rows, int at_once = 1,
      std::function<absl::Status(const InferTask&)> answer =
          [](const InferTask&) { return absl::OkStatus(); }) {
    ModelSignature signature;
    for (const InputTensor& input : example_.inputs) {
      signature.inputs.push_back({.name = input.name});
    }
    FakeServable servable({"net", 1}, signature, metrics_.ForServable("net", 1),
                          [this, answer](InferTask* task) {
                            for (const InputTensor& input : task->inputs) {
                              shapes_.push_back(input.shape);
                              bytes_ += input.bytes.Join();
                            }
                            Finish(task, answer(*task));
                          });
    times_ = WarmUp(&servable, example_,
                    {.most_rows = most_rows, .at_once = at_once}, &clock_);
  }

  static void Finish(InferTask* task, const absl::Status& status) {
    if (!status.ok()) return task->Finish(status);
    task->Finish(std::vector<OutputTensor>());
  }

  FakeClock clock_;
  ServerMetrics metrics_;
  WaitingTask example_;
  int64_t times_ = -1;         // what WarmUp() returned
  std::vector<Shape> shapes_;  // of all inputs of all requests
  std::string bytes_;
};

TEST_F(WarmUpTest, SendsPowersOfTwoUpToTheBatchSize) {
  Run(8);
  EXPECT_THAT(shapes_, ElementsAre(Shape({1, 2}), Shape({2, 2}), Shape({4, 2}),
                                   Shape({8, 2})));
  EXPECT_THAT(bytes_, Each(7));
}

TEST_F(WarmUpTest, EndsWithTheBatchSizeWhenItIsNoPowerOfTwo) {
  Run(3);
  EXPECT_THAT(shapes_,
              ElementsAre(Shape({1, 2}), Shape({2, 2}), Shape({3, 2})));
  EXPECT_EQ(times_, 3);
}

TEST_F(WarmUpTest, WithoutBatchingTheExampleIsSentAsItIs) {
  Run(1);
  EXPECT_THAT(shapes_, ElementsAre(Shape({1, 2})));
}

TEST_F(WarmUpTest, AnExampleOfSeveralRowsIsRepeatedLessOften) {
  example_.inputs.clear();
  Add("x", {3, 2}, 7);
  example_.rows = 3;
  Run(8);
  EXPECT_THAT(shapes_, ElementsAre(Shape({3, 2}), Shape({6, 2})));
}

TEST_F(WarmUpTest, ValuesAreNotRepeated) {
  Add("scale", {1}, 9);
  example_.inputs[1].by_value = true;
  Run(2);
  EXPECT_THAT(shapes_, ElementsAre(Shape({1, 2}), Shape({1}), Shape({2, 2}),
                                   Shape({1})));
}

TEST_F(WarmUpTest, EachLaneHasOne) {
  Run(2, /*at_once=*/3);
  EXPECT_EQ(shapes_.size(), 6u);
}

TEST_F(WarmUpTest, SizesThatNeedTooMuchMemoryAreLeftOut) {
  example_.inputs.clear();
  Add("x", {1, int64_t{30} << 20}, 1);  // 120 MiB
  Run(8);
  EXPECT_EQ(shapes_.size(), 2u);
}

TEST_F(WarmUpTest, ASizeThatTakesLongIsTheLast) {
  Run(8, 1, [this](const InferTask& task) {
    clock_.Advance(std::chrono::milliseconds(150) * task.inputs[0].shape[0]);
    return absl::OkStatus();
  });
  EXPECT_THAT(shapes_, ElementsAre(Shape({1, 2}), Shape({2, 2})));
}

TEST_F(WarmUpTest, AFailureEndsTheWarmUp) {
  Run(8, 1, [](const InferTask& task) {
    return task.inputs[0].shape[0] == 2 ? absl::InternalError("no")
                                        : absl::OkStatus();
  });
  EXPECT_THAT(shapes_, ElementsAre(Shape({1, 2}), Shape({2, 2})));
  EXPECT_EQ(times_, 1);
}

TEST_F(WarmUpTest, ARefusalIsNoAnswerToWaitFor) {
  ModelSignature signature;
  signature.inputs = {{.name = "other"}};
  FakeServable servable({"net", 1}, signature, metrics_.ForServable("net", 1),
                        [](InferTask*) { FAIL(); });
  EXPECT_EQ(WarmUp(&servable, example_, {.most_rows = 4}), 0);
}

TEST_F(WarmUpTest, WaitsForAnswersThatComeLater) {
  std::vector<Thread> lanes;
  std::atomic<int> answered = 0;
  ModelSignature signature;
  signature.inputs = {{.name = "x"}};
  FakeServable servable({"net", 1}, signature, metrics_.ForServable("net", 1),
                        [&](InferTask* task) {
                          lanes.emplace_back("lane", [&answered, task] {
                            ++answered;
                            Finish(task, absl::OkStatus());
                          });
                        });
  WarmUp(&servable, example_, {.most_rows = 4, .at_once = 2});
  EXPECT_EQ(answered, 6);
}

}  // namespace
}  // namespace sconce

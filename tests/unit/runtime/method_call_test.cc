// Calls of a method on a lane of a fake device, whose operators are the CPU's.
#include "server/runtime/method_call.h"

#include <ATen/Functions.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "server/base/thread.h"
#include "server/device/device_error.h"
#include "server/device/device_seat.h"
#include "tests/support/fake_device/fake_lane.h"
#include "tests/support/recording_task.h"
#include "tests/unit/runtime/torch_archive.h"

namespace sconce {
namespace {

using ::testing::HasSubstr;

using Tensors = absl::StatusOr<std::vector<NamedTensor>>;

constexpr int64_t kGraphMemory = 1000;
constexpr char kTwice[] = "def forward(self, x):\n  return x * 2\n";

FakeDeviceOptions OnCaller() {
  FakeDeviceOptions options;
  options.operators_on_caller = true;
  options.graph_memory = kGraphMemory;
  return options;
}

class MethodCallTest : public ::testing::Test {
 protected:
  void Serve(const std::string& source) {
    method_.emplace(*ModuleMethod::Create(MakeModule(source)));
    graphs_.emplace(&*method_);
  }

  // Binds and runs one batch of `tasks` on a thread of the lane.
  Tensors RunOnLane(const std::vector<InferTask*>& tasks) {
    Tensors result = absl::UnknownError("not run");
    Thread("lane", [&] {
      DeviceSeat::Take(lane_.lane.get());
      MethodCall call(&*method_, {StreamPriority::kNormal, &*graphs_,
                                  /*stackable=*/true});
      EXPECT_TRUE(call.is_on_lane());
      const absl::Status bound = call.Bind(tasks);
      result = bound.ok() ? call.Run() : Tensors(bound);
    }).Join();
    return result;
  }

  FakeLane lane_{OnCaller()};
  std::optional<ModuleMethod> method_;
  std::optional<CallGraphs> graphs_;
};

TEST_F(MethodCallTest, ABatchGoesThroughTheDevice) {
  Serve(kTwice);
  RecordingTask one, two;
  one.AddInput("x", {1, 3}, 1);
  two.AddInput("x", {2, 3}, 4);
  const Tensors outputs = RunOnLane({&one, &two});
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  ASSERT_EQ(outputs->size(), 1u);
  const at::Tensor expected =
      at::cat({at::full({1, 3}, 2.f), at::full({2, 3}, 8.f)});
  EXPECT_TRUE(at::equal(outputs->front().tensor, expected));
  EXPECT_GT(lane_.lane->execution(), MonoDuration::zero());
  EXPECT_EQ(lane_.device.synchronized(), 0);
}

TEST_F(MethodCallTest, OutputsOutliveTheCallAndTheSeat) {
  Serve(kTwice);
  RecordingTask task;
  task.AddInput("x", {1, 3}, 5);
  Tensors outputs = RunOnLane({&task});
  ASSERT_TRUE(outputs.ok());
  EXPECT_GT(lane_.device.host_memory()->allocated(), 0);
  EXPECT_TRUE(at::equal(outputs->front().tensor, at::full({1, 3}, 10.f)));
  outputs->clear();
  EXPECT_EQ(lane_.device.host_memory()->allocated(), 0);
}

TEST_F(MethodCallTest, WhatTheModelRefusesIsItsOwnError) {
  Serve("def forward(self, x):\n  return torch.mm(x, x)\n");
  RecordingTask task;
  task.AddInput("x", {1, 3}, 5);
  const absl::Status status = RunOnLane({&task}).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("mat1 and mat2 shapes cannot be multiplied"));
  EXPECT_EQ(lane_.failures, 0);
}

TEST_F(MethodCallTest, AFailedDeviceIsNamedAndTold) {
  Serve(kTwice);
  RecordingTask task;
  task.AddInput("x", {1, 3}, 5);
  lane_.device.faults()->FailDevice();
  const absl::Status status = RunOnLane({&task}).status();
  EXPECT_TRUE(IsDeviceFailure(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("cuda:0"));
  EXPECT_EQ(lane_.failures, 1);
}

TEST_F(MethodCallTest, MemoryThatIsShortIsTold) {
  Serve(kTwice);
  RecordingTask task;
  task.AddInput("x", {1, 3}, 5);
  lane_.device.faults()->Fail(FakeCall::kRun, 1);
  EXPECT_TRUE(absl::IsResourceExhausted(RunOnLane({&task}).status()));
  EXPECT_TRUE(RunOnLane({&task}).ok());
}

TEST_F(MethodCallTest, ARecordedCallGivesTheSameAnswer) {
  Serve(kTwice);
  const auto times = graphs_->Record(lane_.lane.get(), {at::ones({4, 3})});
  ASSERT_TRUE(times.ok()) << times.status();
  EXPECT_EQ(graphs_->size(), 1u);
  for (int64_t rows : {4, 3, 1}) {
    RecordingTask task;
    task.AddInput("x", {rows, 3}, 7);
    const Tensors outputs = RunOnLane({&task});
    ASSERT_TRUE(outputs.ok()) << outputs.status();
    EXPECT_TRUE(at::equal(outputs->front().tensor, at::full({rows, 3}, 14.f)))
        << rows;
  }
}

TEST_F(MethodCallTest, OtherShapesThanTheRecordedRunWithout) {
  Serve(kTwice);
  ASSERT_TRUE(graphs_->Record(lane_.lane.get(), {at::ones({4, 3})}).ok());
  RecordingTask wider, more;
  wider.AddInput("x", {1, 5}, 1);
  more.AddInput("x", {6, 3}, 1);
  for (RecordingTask* task : {&wider, &more}) {
    const Tensors outputs = RunOnLane({task});
    ASSERT_TRUE(outputs.ok()) << outputs.status();
    EXPECT_TRUE(at::equal(outputs->front().tensor,
                          at::full(task->inputs[0].shape, 2.f)));
  }
}

TEST_F(MethodCallTest, AnOutputWithoutRowsIsForThatNumberOfRowsOnly) {
  Serve("def forward(self, x):\n  return x * 2, x.sum()\n");
  ASSERT_TRUE(graphs_->Record(lane_.lane.get(), {at::ones({4, 3})}).ok());
  EXPECT_EQ(lane_.lane->graphs(), 1);
  for (int64_t rows : {4, 3}) {
    RecordingTask task;
    task.AddInput("x", {rows, 3}, 1);
    const Tensors outputs = RunOnLane({&task});
    ASSERT_TRUE(outputs.ok()) << outputs.status();
    EXPECT_EQ((*outputs)[1].tensor.item<float>(), static_cast<float>(3 * rows));
  }
}

TEST_F(MethodCallTest, CallsWhoseAnswersDifferAreNotRecorded) {
  Serve("def forward(self, x):\n  return x + torch.rand([3])\n");
  const absl::Status status =
      graphs_->Record(lane_.lane.get(), {at::ones({4, 3})}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_EQ(graphs_->size(), 0u);
}

TEST_F(MethodCallTest, RecordedCallsOfALaneShareTheirMemory) {
  Serve(kTwice);
  constexpr int64_t kInput = 3 * sizeof(float);  // of a row
  const int64_t before = lane_.device.memory().allocated;
  EXPECT_EQ(graphs_->memory(), 0);
  for (int64_t rows : {1, 2, 4}) {
    ASSERT_TRUE(graphs_->Record(lane_.lane.get(), {at::ones({rows, 3})}).ok());
  }
  EXPECT_EQ(graphs_->memory(), kGraphMemory + 7 * kInput);
  EXPECT_EQ(lane_.device.memory().allocated, before + kGraphMemory);
  const auto other =
      *DeviceLane::Create({&lane_.device, &lane_.poller, &lane_.health});
  ASSERT_TRUE(graphs_->Record(other.get(), {at::ones({1, 3})}).ok());
  EXPECT_EQ(graphs_->memory(), 2 * kGraphMemory + 8 * kInput);
  graphs_->DropLast();
  EXPECT_EQ(lane_.device.memory().allocated, before + kGraphMemory);
}

TEST_F(MethodCallTest, CallsThatFailAreNotRecorded) {
  Serve("def forward(self, x):\n  return torch.mm(x, x)\n");
  EXPECT_FALSE(graphs_->Record(lane_.lane.get(), {at::ones({4, 3})}).ok());
  EXPECT_EQ(graphs_->size(), 0u);
}

}  // namespace
}  // namespace sconce

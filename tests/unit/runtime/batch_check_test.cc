#include "server/runtime/batch_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "server/base/thread.h"
#include "server/device/device_seat.h"
#include "tests/support/fake_device/fake_lane.h"
#include "tests/support/recording_task.h"
#include "tests/unit/runtime/torch_archive.h"

namespace sconce {
namespace {

using ::testing::HasSubstr;

// What a check says of a method `source` of one input.
struct Checked {
  absl::Status verdict;
  int64_t rows = 0;
};

Checked Check(const std::string& body, const Shape& shape = {1, 4},
              float value = 0.5) {
  const auto method =
      ModuleMethod::Create(MakeModule("def forward(self, x):\n" + body));
  EXPECT_TRUE(method.ok()) << method.status();
  const ExecutionLimit limit;
  BatchCheck check({"m", 1}, &*method, &limit, /*max_rows=*/16);
  RecordingTask task;
  task.AddInput("x", shape, value);
  check.Add(task, shape[0]);
  while (check.Step()) {
  }
  return {check.verdict(), check.rows()};
}

// On a thread of the lane.
Checked CheckOnLane(const std::string& body, FakeLane* lane) {
  Checked checked;
  Thread("lane", [&] {
    DeviceSeat::Take(lane->lane.get());
    checked = Check(body);
  }).Join();
  return checked;
}

FakeDeviceOptions OnCaller() {
  FakeDeviceOptions options;
  options.operators_on_caller = true;
  return options;
}

void ExpectDisproven(const Checked& checked, const std::string& why) {
  EXPECT_EQ(checked.verdict.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(checked.verdict.message()), HasSubstr(why));
}

TEST(BatchCheckTest, ProvesIndependentRows) {
  for (const char* body : {"  return x * 2\n", "  return torch.softmax(x, 1)\n",
                           "  return (x.sum(1), {'y': x[:, 0]})\n",
                           "  return x.view([x.size(0), 2, 2]).max(2)[0]\n"}) {
    const Checked checked = Check(body);
    EXPECT_TRUE(checked.verdict.ok()) << body << checked.verdict;
    EXPECT_EQ(checked.rows, 16) << body;
  }
}

TEST(BatchCheckTest, ABatchThatADeviceIsTooSmallForIsHalved) {
  FakeDeviceOptions options = OnCaller();
  options.largest_input = 9 * 4 * sizeof(float);
  for (const char* body :
       {"  return x * 2\n",
        "  if x.size(0) > 99:\n    x = x + 1\n  return x\n"}) {
    FakeLane lane(options);
    const Checked checked = CheckOnLane(body, &lane);
    EXPECT_TRUE(checked.verdict.ok()) << body << checked.verdict;
    EXPECT_GE(checked.rows, 8) << body;
    EXPECT_LE(checked.rows, 9) << body;
  }
}

TEST(BatchCheckTest, ARunThatADeviceWasShortForIsTriedAgain) {
  for (const FakeCall call : {FakeCall::kRun, FakeCall::kCopy}) {
    for (int n = 1; n <= 10; ++n) {
      FakeLane lane(OnCaller());
      lane.device.faults()->Fail(call, n);
      const Checked checked = CheckOnLane("  return x * 2\n", &lane);
      EXPECT_TRUE(checked.verdict.ok()) << n << checked.verdict;
      EXPECT_EQ(checked.rows, 16) << n;
    }
  }
}

TEST(BatchCheckTest, ProvesRequestsOfSeveralRows) {
  const Checked checked = Check("  return x * 2\n", {3, 4});
  EXPECT_TRUE(checked.verdict.ok()) << checked.verdict;
  EXPECT_EQ(checked.rows, 16);
}

TEST(BatchCheckTest, FindsRowsThatChangeEachOther) {
  const std::string why = "output 'output_0' is another one in a batch of 2";
  for (const char* body :
       {"  return x / x.mean()\n", "  return x / x.abs().max()\n",
        "  return torch.softmax(x, 0)\n", "  return torch.cumsum(x, 0)\n",
        "  return torch.flip(x, [0])\n",
        "  return torch.batch_norm(x, None, None, None, None, True, 0.1, "
        "1e-5, False)\n"}) {
    SCOPED_TRACE(body);
    ExpectDisproven(Check(body, {3, 4}), "output 'output_0' is another one");
  }
  ExpectDisproven(Check("  return x / x.mean()\n"), why);
}

TEST(BatchCheckTest, FindsABakedBatchSize) {
  ExpectDisproven(Check("  return x.view([1, 2, 2])\n"),
                  "a batch of 2 rows fails: shape '[1, 2, 2]' is invalid");
}

TEST(BatchCheckTest, FindsSizesThatAreTreatedSpecially) {
  ExpectDisproven(Check("  if x.size(0) > 7:\n    x = x + 1\n  return x\n"),
                  "in a batch of 8 rows");
}

TEST(BatchCheckTest, TriesEachSizeWhereTheCodeHasBranches) {
  for (int size = 2; size <= 16; ++size) {
    ExpectDisproven(Check("  if x.size(0) == " + std::to_string(size) +
                          ":\n    x = x + 1\n  return x\n"),
                    "in a batch of " + std::to_string(size) + " rows");
  }
}

TEST(BatchCheckTest, FindsOutputsWithoutRows) {
  ExpectDisproven(Check("  return x.sum()\n"),
                  "output 'output_0' has shape [] for 1 rows");
  ExpectDisproven(Check("  return (x, 7)\n", {2, 2}),
                  "output 'output_1' has shape [1] for 2 rows");
}

// The requests are ordinary; one far away or with a NaN may come later.
TEST(BatchCheckTest, FindsWhatRareValuesDoToOtherRows) {
  for (const char* body :
       {"  return torch.where((x > 1000).any(), x * 0, x * 2)\n",
        "  return torch.where(torch.isnan(x).any(), x * 0, x * 2)\n",
        "  return x / x.abs().max().clamp(50)\n"}) {
    SCOPED_TRACE(body);
    ExpectDisproven(Check(body), "is another one");
  }
}

// 1e-4 of a token's number is another token.
TEST(BatchCheckTest, ComparesIntegersExactly) {
  ExpectDisproven(Check("  return torch.arange(x.size(0)) + 1000000\n"),
                  "is another one");
}

TEST(BatchCheckTest, RequestsAreEnoughWhenTheyDiffer) {
  const auto method =
      ModuleMethod::Create(MakeModule("def forward(self, x):\n  return x\n"));
  const ExecutionLimit limit;
  BatchCheck check({"m", 1}, &*method, &limit, 8);
  for (float value : {0, 0, 0, 1, 2}) {
    EXPECT_FALSE(check.HasEnough());
    RecordingTask task;
    task.AddInput("x", {1, 4}, value);
    check.Add(task, 1);
  }
  EXPECT_TRUE(check.HasEnough());
}

TEST(BatchCheckTest, OneLargeRequestIsEnough) {
  const auto method =
      ModuleMethod::Create(MakeModule("def forward(self, x):\n  return x\n"));
  const ExecutionLimit limit;
  BatchCheck check({"m", 1}, &*method, &limit, 8);
  RecordingTask task;
  task.AddInput("x", {1, 1 << 20}, 1);
  check.Add(task, 1);
  EXPECT_TRUE(check.HasEnough());
}

TEST(BatchCheckTest, HugeRequestsAreNotCopied) {
  const Checked checked = Check("  return x\n", {1, 5 << 20});
  ExpectDisproven(checked, "too large to be copied");
}

TEST(BatchCheckTest, FindsChance) {
  ExpectDisproven(Check("  return x + torch.rand_like(x)\n"),
                  "two runs on the same input give another 'output_0'");
}

TEST(BatchCheckTest, ProvesNothingWithARequestThatFails) {
  const Checked checked = Check("  assert x.dim() > 7, 'never'\n  return x\n");
  EXPECT_EQ(checked.verdict.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(checked.verdict.message()), HasSubstr("never"));
}

// With one and the same row, a mean over the batch looks right.
TEST(BatchCheckTest, ProvesNothingWithoutASecondExample) {
  const Checked checked = Check(
      "  assert bool((x == 0.5).all()), 'other'\n"
      "  return x / x.mean()\n");
  EXPECT_EQ(checked.verdict.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(checked.verdict.message()),
              HasSubstr("no second example"));
}

TEST(BatchCheckTest, ProvesNothingWithoutExamples) {
  const auto method =
      ModuleMethod::Create(MakeModule("def forward(self, x):\n  return x\n"));
  const ExecutionLimit limit;
  BatchCheck check({"m", 1}, &*method, &limit, 8);
  EXPECT_FALSE(check.Step());
  EXPECT_FALSE(check.verdict().ok());
}

// Zeros tell a mean from nothing, but their variations do.
TEST(BatchCheckTest, ZerosAreVariedToo) {
  ExpectDisproven(Check("  return x - x.mean()\n", {1, 4}, 0),
                  "is another one");
}

}  // namespace
}  // namespace sconce

// Models with an operator that does not return, from the request to the model's
// suspension.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/runtime/operator.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "server/base/notification.h"
#include "server/runtime/torch_loader.h"
#include "tests/support/recording_task.h"
#include "tests/unit/batching/lane_fakes.h"
#include "tests/unit/runtime/torch_archive.h"

namespace sconce {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// What the operator below does at a negative number: tell that it is there,
// and wait for its release.
struct Block {
  Notification begun;
  Notification release;
};
std::shared_ptr<Block> block;  // of the test that runs

void RegisterBlock() {
  static const bool registered = [] {
    torch::jit::registerOperator(torch::jit::Operator(
        "sconce_test::block(Tensor x) -> Tensor",
        [](torch::jit::Stack& stack) {
          if (!(stack.back().toTensor() < 0).any().item<bool>()) return;
          const std::shared_ptr<Block> mine = block;
          mine->begun.Notify();
          mine->release.Wait();
        },
        c10::AliasAnalysisKind::CONSERVATIVE));
    return true;
  }();
  static_cast<void>(registered);
}

// An archive whose forward is that operator, behind a check of its input.
std::string SaveBlockingModule() {
  const torch::jit::Module module = MakeModule(
      "def forward(self, x):\n"
      "  assert bool((x < 100).all()), 'too large'\n"
      "  return torch.neg(x)\n");
  const auto graph = module.get_method("forward").graph();
  torch::jit::Node* const neg = graph->outputs().at(0)->node();
  torch::jit::Node* const blocks =
      graph
          ->create(c10::Symbol::fromQualString("sconce_test::block"),
                   neg->inputs())
          ->insertBefore(neg);
  neg->output()->replaceAllUsesWith(blocks->output());
  neg->destroy();
  const std::string path = TestPath("pt");
  module.save(path);
  return path;
}

// A model on one lane, whose watchdog is the test.
class StuckOperatorTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { RegisterBlock(); }

  void SetUp() override { block = std::make_shared<Block>(); }

  ~StuckOperatorTest() override {
    if (!block->release.HasBeenNotified()) block->release.Notify();
  }

  void Load(int64_t max_batch_size = 0) {
    TorchLoaderOptions options;
    options.lanes = &lanes_;
    options.metrics = &metrics_;
    options.allowed_operators = {"sconce_test::block"};
    options.limit.time = std::chrono::minutes(1);
    options.limit.listener = {
        [this](const ServableId&, const absl::Status& why) {
          events_.push_back(std::string(why.message()));
        },
        [this](const ServableId& id) {
          events_.push_back("resumed " + id.model);
          resumed_.Notify();
        }};
    loader_ = MakeTorchLoaderFactory(options)(
        ServableSpec{{"m", 1},
                     SaveBlockingModule(),
                     {.max_batch_size = max_batch_size,
                      .batching = ServableConfig::Batching::kTrusted},
                     absl::OkStatus()});
    const absl::Status loaded = loader_->Load();
    ASSERT_TRUE(loaded.ok()) << loaded;
  }

  void Schedule(RecordingTask* task, float value) {
    task->AddInput("x", {1, 1}, value);
    const absl::Status scheduled = loader_->servable()->Schedule(task);
    ASSERT_TRUE(scheduled.ok()) << scheduled;
  }

  // Sends what does not return, and waits until it runs.
  void SendStuck(RecordingTask* task) {
    Schedule(task, -1);
    block->begun.Wait();
  }

  void PassLimit() {
    lanes_.CheckStuck(Clock::Real()->Now() + std::chrono::hours(1));
  }

  ServerMetrics metrics_;
  // One thread at a time: the watchdog, then the lane that returns.
  std::vector<std::string> events_;
  Notification resumed_;
  LanePool lanes_{{.lanes = 1}};
  std::unique_ptr<Loader> loader_;
};

TEST_F(StuckOperatorTest, ItsClientIsAnsweredWhileItRuns) {
  Load();
  RecordingTask stuck;
  SendStuck(&stuck);
  PassLimit();
  ASSERT_TRUE(stuck.done.HasBeenNotified());
  EXPECT_EQ(stuck.result.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(stuck.result.status().message()),
              AllOf(StartsWith("model 'm': an operator has not returned for "),
                    HasSubstr("longer than --max-execution-time allows (1m)")));
}

TEST_F(StuckOperatorTest, ItIsLeftAloneWithinItsTime) {
  Load();
  RecordingTask slow;
  const MonoTime before = Clock::Real()->Now();
  SendStuck(&slow);
  lanes_.CheckStuck(before + seconds(61));  // a loop would be interrupted now
  EXPECT_FALSE(slow.done.HasBeenNotified());
  block->release.Notify();
  slow.done.Wait();
  EXPECT_TRUE(slow.result.ok()) << slow.result.status();
  EXPECT_THAT(events_, IsEmpty());
}

TEST_F(StuckOperatorTest, TheModelIsSuspendedUntilItReturns) {
  Load();
  RecordingTask stuck;
  SendStuck(&stuck);
  PassLimit();
  EXPECT_THAT(events_,
              ElementsAre(StartsWith("an operator has not returned for ")));
  block->release.Notify();
  resumed_.Wait();
  EXPECT_EQ(events_.back(), "resumed m");
  EXPECT_FALSE(stuck.result.ok());  // the late answer went nowhere
}

TEST_F(StuckOperatorTest, AFreshLaneRunsTheModelMeanwhile) {
  Load();
  RecordingTask stuck, next;
  SendStuck(&stuck);
  PassLimit();
  Schedule(&next, 1);
  next.done.Wait();
  EXPECT_TRUE(next.result.ok()) << next.result.status();
}

TEST_F(StuckOperatorTest, WhatWaitsForTheModelIsRefused) {
  Load();
  RecordingTask stuck, queued;
  SendStuck(&stuck);
  Schedule(&queued, 1);
  PassLimit();
  ASSERT_TRUE(queued.done.HasBeenNotified());
  EXPECT_EQ(queued.result.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(queued.result.status().message()),
              AllOf(StartsWith("model 'm' is suspended: an operator has not"),
                    HasSubstr("the request was not run")));
}

// What the lane's requests get when it runs one that fails, one that does not
// return, and one more: as a batch first, then one by one.
TEST_F(StuckOperatorTest, OfABatchOnlyWhatWasNotAnsweredIsLost) {
  Load(/*max_batch_size=*/8);
  RecordingTask failing, stuck, last;
  {
    const BusyLanes busy(&lanes_);
    Schedule(&failing, 100);
    Schedule(&stuck, -1);
    Schedule(&last, 1);
  }
  block->begun.Wait();
  ASSERT_TRUE(failing.done.HasBeenNotified());
  EXPECT_EQ(failing.result.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(last.done.HasBeenNotified());
  PassLimit();
  ASSERT_TRUE(stuck.done.HasBeenNotified());
  ASSERT_TRUE(last.done.HasBeenNotified());
  for (const RecordingTask* task : {&stuck, &last}) {
    EXPECT_EQ(task->result.status().code(),
              absl::StatusCode::kDeadlineExceeded);
  }
  block->release.Notify();
  resumed_.Wait();
  loader_->Unload();  // after the lane left it
  EXPECT_FALSE(last.result.ok());
}

TEST_F(StuckOperatorTest, WithoutALimitNothingIsGivenUp) {
  Load();
  TorchLoaderOptions options;
  options.lanes = &lanes_;
  options.metrics = &metrics_;
  options.allowed_operators = {"sconce_test::block"};
  loader_ = MakeTorchLoaderFactory(options)(
      ServableSpec{{"m", 1}, SaveBlockingModule(), {}, absl::OkStatus()});
  ASSERT_TRUE(loader_->Load().ok());
  RecordingTask slow;
  SendStuck(&slow);
  PassLimit();
  EXPECT_FALSE(slow.done.HasBeenNotified());
  block->release.Notify();
  slow.done.Wait();
  EXPECT_TRUE(slow.result.ok());
}

}  // namespace
}  // namespace sconce

// Which lanes a model runs on, and what it says about itself then.
#include <ATen/Functions.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "server/runtime/torch_loader.h"
#include "tests/support/recording_task.h"
#include "tests/unit/runtime/torch_archive.h"

namespace sconce {
namespace {

using ::testing::Contains;
using ::testing::Key;

// Keeps a lane until it is destroyed.
class BusyLane {
 public:
  explicit BusyLane(LanePool* lanes) {
    lanes->RequestLane(client_);
    client_->begun.Wait();
  }
  ~BusyLane() { client_->release.Notify(); }

 private:
  class Client : public LaneClient {
   public:
    MonoDuration RunOne() override {
      begun.Notify();
      release.Wait();
      return MonoDuration::zero();
    }
    Notification begun;
    Notification release;
  };

  const std::shared_ptr<Client> client_ = std::make_shared<Client>();
};

class LoadingLanesTest : public ::testing::Test {
 protected:
  // Loads the module with an input of two numbers, so that it is warmed up.
  void Load(const torch::jit::Module& module) {
    ServableConfig config;
    config.inputs = {{.name = "x",
                      .type = DataType::kFp32,
                      .type_origin = FactOrigin::kDeclared,
                      .shape = Shape{2},
                      .shape_origin = FactOrigin::kDeclared}};
    const std::string path = TestPath("pt");
    module.save(path);
    TorchLoaderOptions options;
    options.lanes = &serving_;
    options.loading_lanes = &loading_;
    options.metrics = &metrics_;
    // What else is kept would depend on how fast it turned out to be.
    options.optimize = TorchLoaderOptions::Optimize::kFreeze;
    loader_ = MakeTorchLoaderFactory(options)({{"m", 1}, path, config});
    // A thread of its own, as its priority is lowered for good.
    Thread("load", [this] { loaded_ = loader_->Load(); }).Join();
    ASSERT_TRUE(loaded_.ok()) << loaded_;
  }

  void Schedule(RecordingTask* task) {
    task->AddInput("x", {2}, 1);
    const absl::Status scheduled = loader_->servable()->Schedule(task);
    ASSERT_TRUE(scheduled.ok()) << scheduled;
  }

  ServerMetrics metrics_;
  LanePool serving_{{.lanes = 1}};
  LanePool loading_{{.lanes = 1}};
  absl::Status loaded_;
  std::unique_ptr<Loader> loader_;
};

torch::jit::Module MakeSum() {
  torch::jit::Module module("m");
  module.register_parameter("weight", at::ones({2}), false);
  module.define("def forward(self, x): return x + self.weight\n");
  return module;
}

torch::jit::Module MakeCounter() {
  torch::jit::Module module("m");
  module.register_buffer("count", at::zeros({2}));
  module.define(
      "def forward(self, x):\n"
      "  self.count += 1\n"
      "  return x + self.count\n");
  return module;
}

TEST_F(LoadingLanesTest, ALoadNeedsNoServingLane) {
  const BusyLane busy(&serving_);
  Load(MakeSum());
  EXPECT_FALSE(loader_->servable()->signature("").value()->outputs.empty());
}

TEST_F(LoadingLanesTest, RequestsNeedNoLoadingLane) {
  Load(MakeSum());
  const BusyLane busy(&loading_);
  RecordingTask task;
  Schedule(&task);
  task.done.Wait();
  EXPECT_TRUE(task.result.ok()) << task.result.status();
}

TEST_F(LoadingLanesTest, NorDoRequestsOfSequences) {
  Load(MakeCounter());
  const BusyLane busy(&loading_);
  RecordingTask task;
  task.sequence = SequencePlace{"7", true, false};
  Schedule(&task);
  task.done.Wait();
  EXPECT_TRUE(task.result.ok()) << task.result.status();
  EXPECT_EQ(loader_->servable()->activity().sequences, 1);
}

TEST_F(LoadingLanesTest, TheServableTellsWhatItKeepsAndTakes) {
  Load(MakeSum());
  const ServableActivity activity = loader_->servable()->activity();
  EXPECT_EQ(activity.memory_bytes, 8);
  EXPECT_EQ(activity.queued, 0);
  EXPECT_THAT(activity.latencies, Contains(Key(1)));
}

TEST_F(LoadingLanesTest, TheServableTellsWhatWaits) {
  Load(MakeSum());
  RecordingTask task;
  {
    const BusyLane busy(&serving_);
    Schedule(&task);
    EXPECT_EQ(loader_->servable()->activity().queued, 1);
  }
  task.done.Wait();
}

TEST_F(LoadingLanesTest, TheLoaderTellsWhatALoadNeeds) {
  Load(MakeSum());
  const MemoryNeed need = loader_->EstimateMemory();
  EXPECT_GT(need.loaded, 8);
  EXPECT_GT(need.loading, need.loaded);
}

}  // namespace
}  // namespace sconce

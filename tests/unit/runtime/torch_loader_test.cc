#include "server/runtime/torch_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/recording_task.h"
#include "tests/unit/runtime/torch_archive.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<float> Floats(const OutputTensor& output) {
  const auto* begin = reinterpret_cast<const float*>(output.bytes.data());
  return {begin, begin + output.bytes.size() / sizeof(float)};
}

// Loads archives as the server does, with one lane. While a test holds the
// lane, requests gather in the queue.
class TorchLoaderTest : public ::testing::Test {
 protected:
  absl::Status Load(const std::string& path, ServableConfig config = {}) {
    loader_ = MakeTorchLoaderFactory(
        {.lanes = &lanes_,
         .metrics = &metrics_,
         .limit = {.time = std::chrono::milliseconds(100)}})(
        ServableSpec{{"m", 1}, path, std::move(config), absl::OkStatus()});
    return loader_->Load();
  }

  absl::Status LoadSource(const std::string& source,
                          ServableConfig config = {}) {
    return Load(SaveModule(source), std::move(config));
  }

  // Runs `task` to its end.
  void Run(RecordingTask* task) {
    const absl::Status scheduled = loader_->servable()->Schedule(task);
    ASSERT_TRUE(scheduled.ok()) << scheduled;
    task->done.Wait();
  }

  // Occupies the only lane until the result is notified.
  class Blocker : public LaneClient {
   public:
    MonoDuration RunOne() override {
      begun.Notify();
      release.Wait();
      return MonoDuration::zero();
    }
    Notification begun;
    Notification release;
  };

  // Runs all tasks as the lane finds them after all are queued.
  void RunTogether(const std::vector<RecordingTask*>& tasks) {
    auto blocker = std::make_shared<Blocker>();
    lanes_.RequestTurn(blocker);
    blocker->begun.Wait();
    for (RecordingTask* task : tasks) {
      ASSERT_TRUE(loader_->servable()->Schedule(task).ok());
    }
    blocker->release.Notify();
    for (RecordingTask* task : tasks) task->done.Wait();
  }

  // Lets the lane work until so many kinds of requests are checked.
  void FinishCheck(size_t kinds = 1) {
    while (loader_->servable()->batching("").kinds.size() < kinds) {
      auto turn = std::make_shared<Blocker>();
      turn->release.Notify();
      lanes_.RequestLane(turn);
      turn->begun.Wait();
    }
  }

  // Three good requests of `shape`, enough for a check.
  void SendDifferent(const Shape& shape) {
    for (float value : {1, 2, 3}) {
      RecordingTask task;
      task.AddInput("x", shape, value);
      Run(&task);
      EXPECT_TRUE(task.result.ok()) << task.result.status();
    }
  }

  absl::Status LoadWithProbe(const std::string& path,
                             std::function<absl::Status()> probe);

  std::vector<std::string> steps_;
  ServerMetrics metrics_;
  LanePool lanes_{{.lanes = 1}};
  std::unique_ptr<Loader> loader_;
};

// Batches of up to 8 rows without a check.
const ServableConfig kTrusted = {
    .max_batch_size = 8, .batching = ServableConfig::Batching::kTrusted};

constexpr char kDouble[] = "def forward(self, x):\n  return x * 2\n";

TEST_F(TorchLoaderTest, ServesAModule) {
  ASSERT_TRUE(LoadSource(kDouble).ok());
  RecordingTask task;
  task.AddInput("x", {3}, 4);
  Run(&task);
  ASSERT_TRUE(task.result.ok()) << task.result.status();
  EXPECT_EQ(task.result->at(0).name, "output_0");
  EXPECT_EQ(Floats(task.result->at(0)), (std::vector<float>{8, 8, 8}));
}

TEST_F(TorchLoaderTest, LearnsTheSignatureFromTheFirstRequest) {
  ASSERT_TRUE(LoadSource(kDouble).ok());
  EXPECT_EQ(loader_->servable()->signature("").value()->inputs.at(0).type,
            std::nullopt);
  RecordingTask task;
  task.AddInput("x", {1, 3}, 4);
  Run(&task);
  const auto signature = loader_->servable()->signature("").value();
  EXPECT_EQ(signature->inputs.at(0).type, DataType::kFp32);
  EXPECT_EQ(signature->outputs.at(0).shape, Shape({kAnySize, kAnySize}));
}

TEST_F(TorchLoaderTest, MergedRequestsGetTheirOwnRows) {
  ASSERT_TRUE(LoadSource(kDouble, kTrusted).ok());
  RecordingTask a, b, c;
  a.AddInput("x", {1, 2}, 1);
  b.AddInput("x", {2, 2}, 2);
  c.AddInput("x", {1, 2}, 3);
  RunTogether({&a, &b, &c});
  EXPECT_EQ(a.trace.batch_rows, 4);
  EXPECT_EQ(Floats(a.result->at(0)), (std::vector<float>{2, 2}));
  EXPECT_EQ(Floats(b.result->at(0)), (std::vector<float>{4, 4, 4, 4}));
  EXPECT_EQ(Floats(c.result->at(0)), (std::vector<float>{6, 6}));
}

TEST_F(TorchLoaderTest, GoodRequestsProveThatRowsAreIndependent) {
  ASSERT_TRUE(LoadSource(kDouble).ok());
  EXPECT_EQ(loader_->servable()->batching("").text,
            "waits for the first good requests");
  SendDifferent({1, 2});
  FinishCheck();
  EXPECT_EQ(loader_->servable()->batching("").text,
            "on, proven with requests, up to 32 rows");
  RecordingTask a, b, other;
  a.AddInput("x", {1, 2}, 1);
  b.AddInput("x", {2, 2}, 2);
  other.AddInput("x", {}, 3);
  RunTogether({&a, &b, &other});
  EXPECT_EQ(a.trace.batch_rows, 3);
  EXPECT_EQ(Floats(a.result->at(0)), (std::vector<float>{2, 2}));
  EXPECT_EQ(Floats(b.result->at(0)), (std::vector<float>{4, 4, 4, 4}));
  EXPECT_EQ(Floats(other.result->at(0)), (std::vector<float>{6}));
}

// With one and the same row, a mean over the batch looks right.
TEST_F(TorchLoaderTest, RequestsThatAreAlikeProveNothing) {
  ASSERT_TRUE(LoadSource(kDouble).ok());
  for (int i = 0; i < 5; ++i) {
    RecordingTask task;
    task.AddInput("x", {1, 2}, 0);
    Run(&task);
  }
  EXPECT_EQ(loader_->servable()->batching("").text,
            "waits for the first good requests");
}

TEST_F(TorchLoaderTest, AProofHoldsForItsKindOfRequestsOnly) {
  ASSERT_TRUE(LoadSource("def forward(self, x):\n"
                         "  if x.dim() == 3:\n    x = x - x.mean(0)\n"
                         "  return x\n")
                  .ok());
  SendDifferent({1, 2});
  FinishCheck();
  EXPECT_EQ(loader_->servable()->batching("").text,
            "on, proven with requests, up to 32 rows");
  RecordingTask a, b, flat, other;
  a.AddInput("x", {1, 2, 1}, 1);
  b.AddInput("x", {1, 2, 1}, 5);
  flat.AddInput("x", {1, 2}, 1);
  other.AddInput("x", {1, 2}, 5);
  RunTogether({&a, &b, &flat, &other});
  EXPECT_EQ(flat.trace.batch_rows, 2);
  EXPECT_EQ(a.trace.batch_rows, 1);
  EXPECT_EQ(Floats(a.result->at(0)), (std::vector<float>{0, 0}));
  EXPECT_EQ(Floats(b.result->at(0)), (std::vector<float>{0, 0}));
  SendDifferent({2, 2, 1});
  FinishCheck(2);
  EXPECT_THAT(loader_->servable()->batching("").text,
              HasSubstr("; of 2 kinds of requests 1 are batched"));
}

TEST_F(TorchLoaderTest, ANumberMakesAnotherKind) {
  ASSERT_TRUE(LoadSource("def forward(self, x, dim: int):\n"
                         "  return torch.softmax(x, dim)\n")
                  .ok());
  const std::vector<int64_t> one = {1}, zero = {0};
  const auto add = [](RecordingTask* task, const std::vector<int64_t>& dim,
                      float value) {
    task->AddInput("x", {1, 2}, value);
    task->inputs.push_back(
        {"dim",
         DataType::kInt64,
         {1},
         ByteChunks({reinterpret_cast<const uint8_t*>(dim.data()), 8})});
  };
  for (float value : {1, 2, 3}) {
    RecordingTask task;
    add(&task, one, value);
    Run(&task);
  }
  FinishCheck();
  EXPECT_EQ(loader_->servable()->batching("").text,
            "on, proven with requests, up to 32 rows");
  RecordingTask a, b, c, d;
  add(&a, zero, 1);
  add(&b, zero, 9);
  add(&c, one, 1);
  add(&d, one, 9);
  RunTogether({&a, &b, &c, &d});
  EXPECT_EQ(Floats(a.result->at(0)), (std::vector<float>{1, 1}));
  EXPECT_EQ(Floats(b.result->at(0)), (std::vector<float>{1, 1}));
  EXPECT_EQ(c.trace.batch_rows, 2);
}

TEST_F(TorchLoaderTest, OrThatTheyAreNot) {
  ASSERT_TRUE(
      LoadSource("def forward(self, x):\n  return x / x.mean()\n").ok());
  SendDifferent({1, 2});
  FinishCheck();
  EXPECT_EQ(loader_->servable()->batching("").text,
            "off: output 'output_0' is another one in a batch of 2 rows");
}

// Samples cannot show each way that such code can go.
TEST_F(TorchLoaderTest, CodeThatDecidesByValuesIsNotBatched) {
  ASSERT_TRUE(LoadSource("def forward(self, x):\n"
                         "  if bool(x.sum() > 0):\n    x = -x\n"
                         "  return x\n")
                  .ok());
  EXPECT_EQ(loader_->servable()->batching("").text,
            "off: the code decides by values of tensors (aten::Bool), and what "
            "one row decides would hold for all");
}

TEST_F(TorchLoaderTest, BatchingCanBeSwitchedOff) {
  ServableConfig config;
  config.batching = ServableConfig::Batching::kOff;
  ASSERT_TRUE(LoadSource(kDouble, config).ok());
  EXPECT_EQ(loader_->servable()->batching("").text, "off: the config says so");
  config = {};
  config.max_undeclared_rows = 0;
  ASSERT_TRUE(LoadSource(kDouble, config).ok());
  EXPECT_EQ(loader_->servable()->batching("").text,
            "off: --max-batch-size is 0");
}

TEST_F(TorchLoaderTest, DeclaredShapesAreEnoughForTheCheckAtLoad) {
  ServableConfig config;
  config.max_batch_size = 4;
  config.inputs = {{.name = "x",
                    .type = DataType::kFp32,
                    .type_origin = FactOrigin::kDeclared,
                    .shape = Shape{kAnySize, 2},
                    .shape_origin = FactOrigin::kDeclared}};
  ASSERT_TRUE(LoadSource(kDouble, config).ok());
  EXPECT_EQ(loader_->servable()->batching("").text,
            "on, proven with examples, up to 4 rows");
}

constexpr char kStateful[] =
    "def forward(self, x):\n"
    "  self.total += x\n"
    "  return self.total + 0\n";

std::string SaveStateful() {
  torch::jit::Module module("m");
  module.register_buffer("total", torch::zeros({1}));
  module.define(kStateful);
  const std::string path = TestPath("pt");
  module.save(path);
  return path;
}

TEST_F(TorchLoaderTest, AStatefulModelStartsAnewForEachRequest) {
  ASSERT_TRUE(Load(SaveStateful()).ok());
  EXPECT_EQ(loader_->servable()->batching("").text,
            "off: the model changes itself");
  for (int i = 0; i < 2; ++i) {
    RecordingTask task;
    task.AddInput("x", {1}, 5);
    Run(&task);
    ASSERT_TRUE(task.result.ok()) << task.result.status();
    EXPECT_EQ(Floats(task.result->at(0)), (std::vector<float>{5}));
  }
}

TEST_F(TorchLoaderTest, ASequenceRemembers) {
  ASSERT_TRUE(Load(SaveStateful()).ok());
  const std::vector<std::pair<std::string, float>> expected = {
      {"a", 1}, {"b", 1}, {"a", 2}, {"a", 3}, {"b", 2}};
  for (const auto& [id, total] : expected) {
    RecordingTask task;
    task.AddInput("x", {1}, 1);
    task.sequence = SequencePlace{id, total == 1, false};
    Run(&task);
    ASSERT_TRUE(task.result.ok()) << task.result.status();
    EXPECT_EQ(Floats(task.result->at(0)), (std::vector<float>{total})) << id;
  }
}

TEST_F(TorchLoaderTest, OneBadRequestFailsAlone) {
  ASSERT_TRUE(LoadSource("def forward(self, x):\n"
                         "  assert bool((x >= 0).all()), 'negative'\n"
                         "  return x\n",
                         kTrusted)
                  .ok());
  RecordingTask good, bad, fine;
  good.AddInput("x", {1, 1}, 1);
  bad.AddInput("x", {1, 1}, -1);
  fine.AddInput("x", {1, 1}, 2);
  RunTogether({&good, &bad, &fine});
  ASSERT_TRUE(good.result.ok());
  ASSERT_TRUE(fine.result.ok());
  EXPECT_EQ(Floats(good.result->at(0)), (std::vector<float>{1}));
  EXPECT_EQ(Floats(fine.result->at(0)), (std::vector<float>{2}));
  EXPECT_EQ(bad.result.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(bad.result.status().message()),
              HasSubstr("negative"));
}

TEST_F(TorchLoaderTest, SoDoesOneThatNeverEnds) {
  ASSERT_TRUE(LoadSource("def forward(self, x):\n"
                         "  while bool((x < 0).any()):\n"
                         "    x = x - 1\n"
                         "  return x\n",
                         kTrusted)
                  .ok());
  RecordingTask good, endless, fine;
  good.AddInput("x", {1, 1}, 1);
  endless.AddInput("x", {1, 1}, -1);
  fine.AddInput("x", {1, 1}, 2);
  RunTogether({&good, &endless, &fine});
  ASSERT_TRUE(good.result.ok());
  ASSERT_TRUE(fine.result.ok());
  EXPECT_EQ(Floats(fine.result->at(0)), (std::vector<float>{2}));
  EXPECT_EQ(endless.result.status().code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(endless.result.status().message()),
              HasSubstr("model 'm': a loop of the model was interrupted after "
                        "100ms"));
}

// A model that sums over its rows answers merged requests one by one.
TEST_F(TorchLoaderTest, RunsRequestsAloneWhenOutputsHaveNoRows) {
  ASSERT_TRUE(
      LoadSource("def forward(self, x):\n  return x.sum()\n", kTrusted).ok());
  RecordingTask a, b;
  a.AddInput("x", {1, 2}, 1);
  b.AddInput("x", {1, 2}, 5);
  RunTogether({&a, &b});
  EXPECT_EQ(Floats(a.result->at(0)), (std::vector<float>{2}));
  EXPECT_EQ(Floats(b.result->at(0)), (std::vector<float>{10}));
}

TEST_F(TorchLoaderTest, GivesTheRequestedOutputsInTheirOrder) {
  ASSERT_TRUE(
      LoadSource("def forward(self, x):\n  return {'a': x, 'b': x + 1}\n")
          .ok());
  RecordingTask task;
  task.AddInput("x", {1}, 1);
  task.requested_outputs = {"b", "a"};
  Run(&task);
  ASSERT_TRUE(task.result.ok());
  EXPECT_EQ(task.result->at(0).name, "b");
  EXPECT_EQ(task.result->at(1).name, "a");
  EXPECT_EQ(Floats(task.result->at(0)), (std::vector<float>{2}));
}

TEST_F(TorchLoaderTest, RefusesAnUnknownOutputByName) {
  ASSERT_TRUE(LoadSource(kDouble).ok());
  RecordingTask task;
  task.AddInput("x", {1}, 1);
  task.requested_outputs = {"nope"};
  Run(&task);
  EXPECT_EQ(task.result.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(task.result.status().message()), HasSubstr("'nope'"));
}

TEST_F(TorchLoaderTest, ConfigRenamesInputsAndOutputsAndIsEnforced) {
  ServableConfig config;
  config.max_batch_size = 4;
  config.inputs = {{.name = "IN",
                    .type = DataType::kFp32,
                    .type_origin = FactOrigin::kDeclared,
                    .shape = Shape{kAnySize, 2},
                    .shape_origin = FactOrigin::kDeclared}};
  config.outputs = {{.name = "OUT",
                     .type = DataType::kFp32,
                     .type_origin = FactOrigin::kDeclared,
                     .shape = Shape{kAnySize, 2},
                     .shape_origin = FactOrigin::kDeclared}};
  ASSERT_TRUE(LoadSource(kDouble, config).ok());
  RecordingTask task;
  task.AddInput("IN", {1, 2}, 1);
  Run(&task);
  ASSERT_TRUE(task.result.ok()) << task.result.status();
  EXPECT_EQ(task.result->at(0).name, "OUT");

  RecordingTask wrong;
  wrong.AddInput("IN", {1, 3}, 1);
  EXPECT_EQ(loader_->servable()->Schedule(&wrong).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(TorchLoaderTest, OptionalInputMayBeLeftOut) {
  ASSERT_TRUE(LoadSource("def forward(self, x, y: Optional[Tensor] = None):\n"
                         "  if y is not None:\n"
                         "    return x + y\n"
                         "  return x\n")
                  .ok());
  RecordingTask without;
  without.AddInput("x", {1}, 1);
  Run(&without);
  EXPECT_EQ(Floats(without.result->at(0)), (std::vector<float>{1}));
  RecordingTask with;
  with.AddInput("y", {1}, 10);
  with.AddInput("x", {1}, 1);
  Run(&with);
  EXPECT_EQ(Floats(with.result->at(0)), (std::vector<float>{11}));
}

TEST_F(TorchLoaderTest, ARequestCannotChangeAnothersInput) {
  ASSERT_TRUE(
      LoadSource("def forward(self, x):\n  x.add_(1)\n  return x\n").ok());
  RecordingTask task;
  task.AddInput("x", {1}, 1);
  Run(&task);
  EXPECT_EQ(Floats(task.result->at(0)), (std::vector<float>{2}));
  float unchanged = 0;
  task.inputs.at(0).bytes.CopyTo(&unchanged);
  EXPECT_EQ(unchanged, 1);
}

TEST_F(TorchLoaderTest, ARefusalTellsWhatWasSent) {
  ASSERT_TRUE(
      LoadSource("def forward(self, x):\n  return torch.mm(x, x)\n").ok());
  RecordingTask task;
  task.AddInput("x", {2, 3}, 1);
  Run(&task);
  EXPECT_EQ(task.result.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(task.result.status().message()),
              HasSubstr("'x' FP32[2,3]"));
}

TEST_F(TorchLoaderTest, CallsAnotherMethodByName) {
  ASSERT_TRUE(LoadSource("def forward(self, x):\n  return x * 2\n"
                         "def triple(self, x):\n  return x * 3\n")
                  .ok());
  RecordingTask task;
  task.method = "triple";
  task.AddInput("x", {2}, 5);
  Run(&task);
  ASSERT_TRUE(task.result.ok()) << task.result.status();
  float value = 0;
  std::memcpy(&value, task.result->at(0).bytes.data(), sizeof value);
  EXPECT_EQ(value, 15);
}

TEST_F(TorchLoaderTest, AnUnknownMethodIsNamedWithThoseThereAre) {
  ASSERT_TRUE(LoadSource("def forward(self, x):\n  return x\n"
                         "def embed(self, x):\n  return x\n"
                         "def _private(self, x):\n  return x\n")
                  .ok());
  RecordingTask task;
  task.method = "_private";
  task.AddInput("x", {2}, 5);
  const absl::Status status = loader_->servable()->Schedule(&task);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(),
            "model 'm' has no method '_private'; its methods are "
            "['embed','forward']");
}

TEST_F(TorchLoaderTest, AMethodThatCannotBeCalledDoesNotHinderTheOthers) {
  ASSERT_TRUE(LoadSource("def forward(self, x):\n  return x\n"
                         "def odd(self, x: Dict[int, Tensor]):\n"
                         "  return x[0]\n")
                  .ok());
  RecordingTask task;
  task.method = "odd";
  const absl::Status status = loader_->servable()->Schedule(&task);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(status.message()), HasSubstr("Dict[int, Tensor]"));
}

TEST_F(TorchLoaderTest, RequestsWithOtherNumbersShareNoBatch) {
  const ServableConfig config = kTrusted;
  ASSERT_TRUE(
      LoadSource("def forward(self, x, n: int):\n  return x * n\n", config)
          .ok());
  std::vector<RecordingTask> tasks(4);
  std::vector<RecordingTask*> all;
  const int64_t factors[] = {2, 3, 2, 3};
  for (size_t i = 0; i < tasks.size(); ++i) {
    tasks[i].AddInput("x", {1, 2}, 1);
    tasks[i].inputs.push_back(
        {"n", DataType::kInt64, Shape{1},
         ByteChunks({reinterpret_cast<const uint8_t*>(&factors[i]), 8})});
    all.push_back(&tasks[i]);
  }
  RunTogether(all);
  for (size_t i = 0; i < tasks.size(); ++i) {
    ASSERT_TRUE(tasks[i].result.ok()) << tasks[i].result.status();
    EXPECT_EQ(tasks[i].trace.batch_rows, 2);
    float value = 0;
    std::memcpy(&value, tasks[i].result->at(0).bytes.data(), sizeof value);
    EXPECT_EQ(value, static_cast<float>(factors[i]));
  }
}

TEST_F(TorchLoaderTest, RefusesArgumentsItCannotServe) {
  const absl::Status status =
      LoadSource("def forward(self, n: Dict[int, Tensor]):\n  return n[0]\n");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(status.message()), HasSubstr("'n'"));
}

TEST_F(TorchLoaderTest, ConfigThatNamesOtherInputsIsRefused) {
  ServableConfig config;
  config.inputs = {{.name = "p"}, {.name = "q"}};
  const absl::Status status = LoadSource(kDouble, config);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("[p,q]"));
}

TEST_F(TorchLoaderTest, BadFileIsRefusedWithoutItsPath) {
  const std::string path = TestPath("txt");
  std::ofstream(path) << "no model";
  const absl::Status status = Load(path);
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr(path)));
}

// Loads with `probe` and notes the steps that are begun.
absl::Status TorchLoaderTest::LoadWithProbe(
    const std::string& path, std::function<absl::Status()> probe) {
  TorchLoaderOptions options{.lanes = &lanes_, .metrics = &metrics_};
  options.probe =
      [this,
       probe](const ServableSpec& spec) -> absl::StatusOr<BatchingVerdicts> {
    steps_.push_back("probe of " + spec.id.model);
    const absl::Status proven = probe();
    if (!proven.ok()) return proven;
    return BatchingVerdicts{
        {"forward", {.kinds = {{.kind = {1}, .rows = 4, .text = "on"}}}}};
  };
  options.on_step = [this](absl::string_view step) {
    steps_.push_back(std::string(step));
  };
  loader_ = MakeTorchLoaderFactory(options)(ServableSpec{{"m", 1}, path});
  return loader_->Load();
}

TEST_F(TorchLoaderTest, TheProbeComesBeforeLibTorchSeesTheFile) {
  const absl::Status loaded =
      LoadWithProbe(SaveModule(kDouble), [] { return absl::OkStatus(); });
  ASSERT_TRUE(loaded.ok()) << loaded;
  EXPECT_THAT(steps_, ElementsAre("probe of m", "loading", "optimizing",
                                  "replaying golden examples"));
  std::vector<std::string> done;
  for (const LoadStep& step : loader_->steps()) done.push_back(step.name);
  EXPECT_THAT(
      done, ElementsAre("recognize", "integrity", "operators", "probing",
                        "loading", "optimizing", "replaying golden examples"));
}

TEST_F(TorchLoaderTest, AModelThatFailsTheProbeIsNotLoaded) {
  EXPECT_EQ(LoadWithProbe(SaveModule(kDouble),
                          [] { return absl::InternalError("it crashed"); }),
            absl::InternalError("it crashed"));
  EXPECT_THAT(steps_, ElementsAre("probe of m"));
}

TEST_F(TorchLoaderTest, ABadFileCostsNoProbe) {
  const std::string path = TestPath("txt");
  std::ofstream(path) << "no model";
  EXPECT_FALSE(LoadWithProbe(path, [] { return absl::OkStatus(); }).ok());
  EXPECT_THAT(steps_, ElementsAre());
}

TEST_F(TorchLoaderTest, AFileThatIsReplacedAfterItWasProvenIsRefused) {
  const std::string path = SaveModule(kDouble);
  const absl::Status status = LoadWithProbe(path, [&] {
    std::filesystem::rename(path, path + ".old");
    std::filesystem::copy(path + ".old", path);
    return absl::OkStatus();
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("changed while"));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr(path)));
}

// The process that proves a model leaves the check of its code to the server,
// and yet runs nothing that is denied.
TEST_F(TorchLoaderTest, GraphsAreCheckedEvenInAFileThatIsProven) {
  TorchLoaderOptions options{.lanes = &lanes_, .metrics = &metrics_};
  options.file_is_proven = true;
  loader_ = MakeTorchLoaderFactory(options)(ServableSpec{
      {"m", 1},
      SaveModule("def forward(self, x):\n  torch.save(x, 'f')\n  return x\n")});
  EXPECT_THAT(std::string(loader_->Load().message()), HasSubstr("aten::save"));
}

TEST_F(TorchLoaderTest, WhatTheSourceFoundWrongFailsTheLoad) {
  loader_ = MakeTorchLoaderFactory({.lanes = &lanes_, .metrics = &metrics_})(
      ServableSpec{{"m", 1}, "", {}, absl::InvalidArgumentError("config")});
  EXPECT_EQ(loader_->Load().message(), "config");
}

TEST_F(TorchLoaderTest, WarmUpIsNotCounted) {
  ServableConfig config;
  config.inputs = {{.name = "x",
                    .type = DataType::kFp32,
                    .type_origin = FactOrigin::kDeclared,
                    .shape = Shape{2},
                    .shape_origin = FactOrigin::kDeclared}};
  ASSERT_TRUE(LoadSource(kDouble, config).ok());
  EXPECT_EQ(loader_->servable()->telemetry()->stats().executions, 0);
  EXPECT_EQ(loader_->servable()->signature("").value()->outputs.at(0).shape,
            Shape({2}));
  RecordingTask task;
  task.AddInput("x", {2}, 1);
  Run(&task);
  EXPECT_EQ(loader_->servable()->telemetry()->stats().executions, 1);
}

}  // namespace
}  // namespace sconce

#include "server/rpc/model_description.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "server/base/notification.h"
#include "tests/support/fake_model_control.h"
#include "tests/support/fake_servable.h"

namespace sconce {
namespace {

using management::v1::GetModelRequest;
using management::v1::GetModelResponse;

ModelSignature OneInput() {
  ModelSignature signature;
  signature.inputs = {{.name = "x", .type = DataType::kFp32, .shape = Shape{}}};
  signature.outputs = {{.name = "y"}};
  return signature;
}

class BusyServable : public FakeServable {
 public:
  using FakeServable::FakeServable;
  ServableActivity activity() const override {
    return {100, 2, 3, {{8, std::chrono::milliseconds(4)}}};
  }
};

// Loads version 1, and refuses version 2.
class SteppingLoader : public FakeLoader {
 public:
  SteppingLoader(const ServableSpec& spec, ServerMetrics* metrics)
      : FakeLoader(
            [spec, metrics]() -> absl::StatusOr<std::unique_ptr<Servable>> {
              if (spec.id.version == 2)
                return absl::InternalError("no weights");
              return std::make_unique<BusyServable>(
                  spec.id, OneInput(),
                  metrics->ForServable(spec.id.model, spec.id.version),
                  [](InferTask*) {});
            }) {}

  LoadSteps steps() const override {
    return {{"loading", std::chrono::milliseconds(1500)}};
  }
};

class DescribeModelTest : public ::testing::Test {
 protected:
  DescribeModelTest() {
    Manager::Options options;
    options.loader_factory = [this](const ServableSpec& spec) {
      return std::make_unique<SteppingLoader>(spec, &metrics_);
    };
    options.on_state_change = [this](const ServableReport& report) {
      if (report.state == ServableState::kReady ||
          report.state == ServableState::kError) {
        settled_.Notify();
      }
    };
    manager_ = std::make_unique<Manager>(std::move(options));
  }

  void Load(int64_t version) {
    ASSERT_TRUE(manager_->Add({.id = {"net", version}}).ok());
    settled_.Wait();
  }

  absl::Status Describe(int64_t version) {
    GetModelRequest request;
    request.set_name("net");
    request.set_version(version);
    return Describe(request);
  }

  absl::Status Describe(const GetModelRequest& request) {
    return DescribeModel(*manager_, &control_, request, &response_);
  }

  FakeModelControl control_;

  ServerMetrics metrics_;
  Notification settled_;
  std::unique_ptr<Manager> manager_;
  GetModelResponse response_;
};

TEST_F(DescribeModelTest, TellsStepsAndMethods) {
  Load(1);
  ASSERT_TRUE(Describe(0).ok());
  EXPECT_EQ(response_.name(), "net");
  EXPECT_EQ(response_.version(), 1);
  EXPECT_EQ(response_.state(), "READY");
  EXPECT_EQ(response_.reason(), "");
  ASSERT_EQ(response_.load_steps_size(), 1);
  EXPECT_EQ(response_.load_steps(0).name(), "loading");
  EXPECT_EQ(response_.load_steps(0).duration().seconds(), 1);
  EXPECT_EQ(response_.load_steps(0).duration().nanos(), 500'000'000);
  ASSERT_EQ(response_.methods_size(), 1);
  EXPECT_EQ(response_.methods(0).name(), "forward");
  EXPECT_EQ(response_.methods(0).batching(), "off: it is a fake");
}

TEST_F(DescribeModelTest, TellsTheSignatureAsFarAsItIsKnown) {
  Load(1);
  ASSERT_TRUE(Describe(1).ok());
  const auto& method = response_.methods(0);
  ASSERT_EQ(method.inputs_size(), 1);
  EXPECT_EQ(method.inputs(0).name(), "x");
  EXPECT_EQ(method.inputs(0).datatype(), "FP32");
  EXPECT_TRUE(method.inputs(0).has_shape());
  EXPECT_EQ(method.inputs(0).shape_size(), 0);
  ASSERT_EQ(method.outputs_size(), 1);
  EXPECT_EQ(method.outputs(0).datatype(), "");
  EXPECT_FALSE(method.outputs(0).has_shape());
}

TEST_F(DescribeModelTest, TellsWhatItDoes) {
  Load(1);
  ASSERT_TRUE(Describe(1).ok());
  const auto& activity = response_.activity();
  EXPECT_EQ(activity.memory_bytes(), 100);
  EXPECT_EQ(activity.queued(), 2);
  EXPECT_EQ(activity.sequences(), 3);
  ASSERT_EQ(activity.execution_times_size(), 1);
  EXPECT_EQ(activity.execution_times(0).rows(), 8);
  EXPECT_EQ(activity.execution_times(0).duration().nanos(), 4'000'000);
}

TEST_F(DescribeModelTest, TellsAliasesAndTraffic) {
  Load(1);
  control_.routes["net"] = {{{"stable", 1}}, {{1, 9}, {2, 1}}};
  ASSERT_TRUE(Describe(1).ok());
  EXPECT_EQ(response_.aliases().at("stable"), 1);
  ASSERT_EQ(response_.traffic_size(), 2);
  EXPECT_EQ(response_.traffic(0).weight(), 9u);
}

TEST_F(DescribeModelTest, AVersionCanBeNamedByAnAlias) {
  Load(1);
  control_.routes["net"].aliases["stable"] = 1;
  GetModelRequest request;
  request.set_name("net");
  request.set_alias("stable");
  ASSERT_TRUE(Describe(request).ok());
  EXPECT_EQ(response_.version(), 1);
  request.set_alias("canary");
  EXPECT_TRUE(absl::IsNotFound(Describe(request)));
  request.set_version(1);
  EXPECT_TRUE(absl::IsInvalidArgument(Describe(request)));
}

TEST_F(DescribeModelTest, AFailedVersionIsDescribedToo) {
  Load(2);
  ASSERT_TRUE(Describe(2).ok());
  EXPECT_EQ(response_.state(), "UNAVAILABLE");
  EXPECT_EQ(response_.reason(), "no weights");
  EXPECT_EQ(response_.load_steps_size(), 1);
  EXPECT_EQ(response_.methods_size(), 0);
}

TEST_F(DescribeModelTest, NamesWhatIsNotFound) {
  EXPECT_EQ(Describe(7),
            absl::NotFoundError("model 'net' version 7 is not found; "
                                "RepositoryIndex lists the models of this "
                                "server"));
}

}  // namespace
}  // namespace sconce

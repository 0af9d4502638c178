#include "server/rpc/model_description.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "server/base/notification.h"
#include "tests/support/fake_servable.h"

namespace sconce {
namespace {

using management::v1::GetModelRequest;
using management::v1::GetModelResponse;

// Loads version 1, and refuses version 2.
class SteppingLoader : public FakeLoader {
 public:
  SteppingLoader(const ServableSpec& spec, ServerMetrics* metrics)
      : FakeLoader(
            [spec, metrics]() -> absl::StatusOr<std::unique_ptr<Servable>> {
              if (spec.id.version == 2)
                return absl::InternalError("no weights");
              return std::make_unique<FakeServable>(
                  spec.id, ModelSignature(),
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
    return DescribeModel(*manager_, request, &response_);
  }

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

#include "server/runtime/probe/fork_server_main.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <string>

#include "server/base/fork_server.h"
#include "server/runtime/probe/model_inspector.h"
#include "server/runtime/probe/model_probe.h"
#include "tests/unit/runtime/torch_archive.h"

namespace sconce {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The fork server of the other tests: they start this program for this test.
TEST(ForkServerMain, DISABLED_Run) { _exit(RunForkServer()); }

class ForkServerMainTest : public ::testing::Test {
 protected:
  ModelProbe::Options Options() {
    ModelProbe::Options options;
    options.run = [this](const ChildCommand& c) { return forks_.Run(c); };
    return options;
  }
  absl::Status Prove(const std::string& path) {
    return ModelProbe(Options()).Prove({{"m", 1}, path}).status();
  }
  absl::StatusOr<std::string> Inspect(const std::string& path) {
    return ModelInspector(Options()).Inspect({{"m", 1}, path});
  }

  ForkServer forks_{
      {.arguments = {"test", "--gtest_filter=ForkServerMain.DISABLED_Run",
                     "--gtest_also_run_disabled_tests"}}};
};

TEST_F(ForkServerMainTest, ProvesModels) {
  const std::string path = SaveModule("def forward(self, x): return x + 1\n");
  EXPECT_EQ(Prove(path), absl::OkStatus());
  EXPECT_EQ(Prove(path), absl::OkStatus());
}

TEST_F(ForkServerMainTest, RefusesAFileThatIsNoModel) {
  EXPECT_FALSE(Prove("/proc/self/status").ok());
}

TEST_F(ForkServerMainTest, InspectsModels) {
  const auto json = Inspect(SaveModule("def forward(self, x): return x + 1\n"));
  ASSERT_TRUE(json.ok()) << json.status();
  const auto module = nlohmann::json::parse(*json).at("modules").at(0);
  EXPECT_EQ(module.at("path"), "");
  EXPECT_THAT(module.at("methods").at(0).at("code").get<std::string>(),
              HasSubstr("def forward"));
}

TEST_F(ForkServerMainTest, AnInspectionThatFailsSaysWhy) {
  const absl::Status status = Inspect("/nowhere/model.pt").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("nowhere")));
}

TEST_F(ForkServerMainTest, AnInspectionThatIsTooLongIsRefused) {
  // The code has the text once more.
  const absl::Status status =
      Inspect(SaveModule("def forward(self, x):\n  return \"" +
                         std::string(9 << 20, 'x') + "\", x\n"))
          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("inspection"));
}

}  // namespace
}  // namespace sconce

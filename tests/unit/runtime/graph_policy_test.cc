#include "server/runtime/graph_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/runtime/torch_archive.h"

namespace sconce {
namespace {

using ::testing::HasSubstr;

absl::Status Check(const std::string& source,
                   std::set<std::string> allowed = {}) {
  return CheckGraphs(MakeModule(source), OperatorPolicy(std::move(allowed)));
}

void ExpectRefused(const std::string& source, const std::string& name) {
  const absl::Status status = Check(source);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("--allow-operator=" + name));
}

constexpr char kSave[] =
    "def forward(self, x):\n"
    "  torch.save(x, 'stolen')\n"
    "  return x\n";

TEST(GraphPolicyTest, OrdinaryOperatorsAreFine) {
  const absl::Status status = Check(
      "def forward(self, x):\n"
      "  return torch.relu(x) + 1\n");
  EXPECT_TRUE(status.ok()) << status;
}

TEST(GraphPolicyTest, AnOperatorThatWritesFilesIsRefused) {
  ExpectRefused(kSave, "aten::save");
}

TEST(GraphPolicyTest, AnOperatorThatReadsFilesIsRefused) {
  ExpectRefused(
      "def forward(self, x):\n"
      "  return torch.from_file('/etc/passwd', False, 10)\n",
      "aten::from_file");
}

TEST(GraphPolicyTest, SoIsOneInAnInnerBlock) {
  ExpectRefused(
      "def forward(self, x):\n"
      "  for i in range(3):\n"
      "    if bool((x > 0).any()):\n"
      "      torch.save(x, 'stolen')\n"
      "  return x\n",
      "aten::save");
}

TEST(GraphPolicyTest, SoIsOneInAnotherMethod) {
  ExpectRefused(std::string(kSave) + "def other(self, x):\n  return x\n",
                "aten::save");
  ExpectRefused(
      "def forward(self, x):\n  return x\n"
      "def other(self, x):\n  torch.save(x, 'stolen')\n  return x\n",
      "aten::save");
}

TEST(GraphPolicyTest, SoIsOneInASubmodule) {
  torch::jit::Module outer = MakeModule("def forward(self, x):\n  return x\n");
  outer.register_module("inner", MakeModule(kSave));
  EXPECT_FALSE(CheckGraphs(outer, OperatorPolicy({})).ok());
}

TEST(GraphPolicyTest, AnAllowedOperatorIsFine) {
  const absl::Status status = Check(kSave, {"aten::save"});
  EXPECT_TRUE(status.ok()) << status;
}

}  // namespace
}  // namespace sconce

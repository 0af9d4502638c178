#include "server/runtime/probe/model_inspection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/runtime/torch_archive.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::json;

absl::StatusOr<std::string> Inspect(const std::string& path,
                                    std::set<std::string> allowed = {}) {
  return InspectArchive(path, std::move(allowed), [](absl::string_view) {});
}

Json ModulesOf(const torch::jit::Module& module) {
  const std::string path = TestPath("pt");
  module.save(path);
  const auto json = Inspect(path);
  EXPECT_TRUE(json.ok()) << json.status();
  return json.ok() ? Json::parse(*json).at("modules") : Json();
}

torch::jit::Module MakeNested() {
  torch::jit::Module inner("inner");
  inner.register_parameter("weight", at::ones({2, 3}), /*is_buffer=*/false);
  inner.register_buffer("count", at::ones({4}, at::kLong));
  inner.define("def forward(self, x: Tensor): return x + self.weight\n");
  torch::jit::Module outer("outer");
  outer.register_module("first", inner);
  outer.define("def forward(self, x): return self.first.forward(x)\n");
  outer.eval();
  return outer;
}

TEST(ModelInspectionTest, TellsTheModules) {
  const Json modules = ModulesOf(MakeNested());
  ASSERT_EQ(modules.size(), 2u);
  EXPECT_EQ(modules[0].at("path"), "");
  EXPECT_EQ(modules[0].at("training"), false);
  EXPECT_EQ(modules[1].at("path"), "first");
  EXPECT_THAT(modules[1].at("type").get<std::string>(), HasSubstr("inner"));
}

TEST(ModelInspectionTest, TellsTheMethods) {
  const Json modules = ModulesOf(MakeNested());
  const Json method = modules[1].at("methods").at(0);
  EXPECT_EQ(method.at("name"), "forward");
  EXPECT_THAT(method.at("schema").get<std::string>(), HasSubstr("Tensor x"));
  EXPECT_THAT(method.at("code").get<std::string>(), HasSubstr("self.weight"));
  EXPECT_THAT(method.at("graph").get<std::string>(), HasSubstr("aten::add"));
}

TEST(ModelInspectionTest, TellsTheTensors) {
  const Json module = ModulesOf(MakeNested())[1];
  EXPECT_EQ(module.at("parameters"), Json::parse(R"([{
    "name": "weight", "dtype": "Float", "shape": [2, 3],
    "requires_grad": false, "bytes": 24}])"));
  EXPECT_EQ(module.at("buffers"), Json::parse(R"([{
    "name": "count", "dtype": "Long", "shape": [4],
    "requires_grad": false, "bytes": 32}])"));
}

TEST(ModelInspectionTest, RunsNoMethod) {
  const auto json =
      Inspect(SaveModule("def forward(self, x):\n  while True:\n    x = x + 1\n"
                         "  return x\n"));
  EXPECT_TRUE(json.ok()) << json.status();
}

// Even when a load may run it.
TEST(ModelInspectionTest, RefusesAStateSetterThatDoesMoreThanUnpack) {
  const std::string path = SaveModule(
      "def forward(self, x): return x\n"
      "def __getstate__(self) -> int: return 1\n"
      "def __setstate__(self, state: int) -> None:\n"
      "  while True:\n    state = state + 1\n");
  const absl::Status status = Inspect(path, {"__setstate__"}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("__setstate__"));
}

TEST(ModelInspectionTest, ProvesTheFile) {
  const absl::Status status =
      Inspect(SaveModule("def forward(self, x):\n"
                         "  torch.save(x, \"/tmp/x\")\n  return x\n"))
          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
}

TEST(ModelInspectionTest, TellsItsSteps) {
  std::vector<std::string> steps;
  EXPECT_TRUE(
      InspectArchive(SaveModule("def forward(self, x): return x\n"), {},
                     [&](absl::string_view step) { steps.emplace_back(step); })
          .ok());
  EXPECT_THAT(steps, ElementsAre("proving", "loading", "inspecting"));
}

}  // namespace
}  // namespace sconce

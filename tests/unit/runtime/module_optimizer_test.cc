#include "server/runtime/module_optimizer.h"

#include <ATen/Functions.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/runtime/torch_archive.h"

namespace sconce {
namespace {

using ::testing::HasSubstr;

torch::jit::Module MakeLinear() {
  torch::jit::Module module("m");
  module.register_parameter("weight", at::ones({4, 2}), false);
  module.define("def forward(self, x):\n  return torch.mm(x, self.weight)\n");
  return module;
}

torch::jit::Module MakeCounter() {
  torch::jit::Module module("m");
  module.register_buffer("count", at::zeros({1}));
  module.define(
      "def forward(self, x):\n"
      "  self.count += 1\n"
      "  return x + self.count\n");
  return module;
}

at::Tensor Forward(torch::jit::Module module, const at::Tensor& x) {
  return module.forward({x}).toTensor();
}

TEST(OptimizeModuleTest, FreezesWithoutExamples) {
  const auto optimized = OptimizeModule(MakeLinear(), {}, OptimizeMode::kAuto);
  ASSERT_TRUE(optimized.ok()) << optimized.status();
  EXPECT_EQ(optimized->applied, "freeze");
  EXPECT_EQ(optimized->module.named_attributes().size(), 0u);
}

TEST(OptimizeModuleTest, KeepsTheAnswersInEveryMode) {
  const at::Tensor x = at::randn({1, 4});
  const at::Tensor expected = Forward(MakeLinear(), x);
  for (OptimizeMode mode :
       {OptimizeMode::kAuto, OptimizeMode::kFreeze, OptimizeMode::kOff}) {
    const auto optimized = OptimizeModule(MakeLinear(), {x}, mode);
    ASSERT_TRUE(optimized.ok());
    EXPECT_TRUE(at::allclose(Forward(optimized->module, x), expected));
  }
}

// oneDNN's pooling refuses 13 rows where 2 are asked for.
TEST(OptimizeModuleTest, ImagesOfOtherSizesAreStillPooled) {
  torch::jit::Module module("m");
  module.register_parameter("weight", at::randn({8, 3, 3, 3}), false);
  module.define(
      "def forward(self, x):\n"
      "  y = torch.conv2d(x, self.weight)\n"
      "  return torch.adaptive_avg_pool2d(y, [2, 2])\n");
  const auto optimized =
      OptimizeModule(module, {at::randn({1, 3, 12, 12})}, OptimizeMode::kAuto);
  ASSERT_TRUE(optimized.ok()) << optimized.status();
  EXPECT_EQ(optimized->applied, "freeze");
  EXPECT_THAT(optimized->reason, HasSubstr("multiple"));
  const at::Tensor other = at::randn({1, 3, 13, 13});
  EXPECT_TRUE(
      at::allclose(Forward(optimized->module, other), Forward(module, other)));
}

TEST(OptimizeModuleTest, OffLeavesTheModuleAlone) {
  const auto optimized = OptimizeModule(MakeLinear(), {}, OptimizeMode::kOff);
  ASSERT_TRUE(optimized.ok());
  EXPECT_EQ(optimized->applied, "none");
  EXPECT_GT(optimized->module.named_attributes().size(), 0u);
}

TEST(OptimizeModuleTest, LeavesAModuleThatChangesItselfInEveryMode) {
  for (OptimizeMode mode : {OptimizeMode::kAuto, OptimizeMode::kOff}) {
    const auto optimized = OptimizeModule(MakeCounter(), {}, mode);
    ASSERT_TRUE(optimized.ok()) << optimized.status();
    EXPECT_EQ(optimized->applied, "none");
    EXPECT_EQ(optimized->changed, std::set<std::string>{"count"});
  }
}

TEST(OptimizeModuleTest, LeavesAModuleThatGivesDifferentAnswersEachTime) {
  const auto optimized = OptimizeModule(
      MakeModule("def forward(self, x):\n  return x + torch.rand([1, 4])\n"),
      {at::ones({1, 4})}, OptimizeMode::kAuto);
  ASSERT_TRUE(optimized.ok());
  EXPECT_EQ(optimized->applied, "none");
}

TEST(MakeExamplesTest, HaveTheSignaturesTypesAndOneRow) {
  ModelSignature signature;
  signature.max_batch_size = 8;
  signature.inputs = {
      {.name = "a", .type = DataType::kFp16, .shape = Shape{kAnySize, 3}},
      {.name = "b", .type = DataType::kInt64, .shape = Shape{kAnySize}}};
  const std::vector<at::Tensor> examples = MakeExamples(signature);
  ASSERT_EQ(examples.size(), 2u);
  EXPECT_EQ(examples[0].scalar_type(), at::kHalf);
  EXPECT_EQ(examples[0].sizes(), (std::vector<int64_t>{1, 3}));
  EXPECT_EQ(examples[1].scalar_type(), at::kLong);
}

TEST(MakeExamplesTest, NoneWhenASizeOrTypeIsOpen) {
  ModelSignature signature;
  signature.inputs = {
      {.name = "a", .type = DataType::kFp32, .shape = Shape{kAnySize, 3}}};
  EXPECT_TRUE(MakeExamples(signature).empty());
  signature.inputs = {{.name = "a"}};
  EXPECT_TRUE(MakeExamples(signature).empty());
}

}  // namespace
}  // namespace sconce

#include "server/runtime/module_state.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <memory>

#include "tests/unit/runtime/torch_archive.h"

namespace sconce {
namespace {

// Counts its calls in a tensor and in an int of a submodule, and has a weight.
torch::jit::Module MakeCounter() {
  torch::jit::Module inner("inner");
  inner.register_attribute("calls", c10::IntType::get(), 0);
  inner.define("def forward(self):\n  self.calls += 1\n  return self.calls\n");
  torch::jit::Module module("counter");
  module.register_parameter("weight", at::ones({2}), /*is_buffer=*/false);
  module.register_buffer("total", at::zeros({2}));
  module.register_module("inner", inner);
  module.define(
      "def forward(self, x):\n"
      "  self.total += x * self.weight\n"
      "  return self.total * self.inner.forward()\n");
  return module;
}

// Calls forward on `state` with ones.
float Call(const torch::jit::Module& module, const ModuleState& state) {
  torch::jit::Stack stack = {state.self(), at::ones({2})};
  module.get_method("forward").function().run(stack);
  return stack.back().toTensor()[0].item<float>();
}

class ModuleStatesTest : public ::testing::Test {
 protected:
  const torch::jit::Module module_ = MakeCounter();
  const ModuleStates states_{module_, {"inner.calls", "total"}};
};

TEST_F(ModuleStatesTest, CopiesDoNotDisturbEachOther) {
  const auto a = states_.Copy(nullptr);
  const auto b = states_.Copy(nullptr);
  EXPECT_EQ(Call(module_, *a), 1);
  EXPECT_EQ(Call(module_, *a), 4);
  EXPECT_EQ(Call(module_, *b), 1);
  EXPECT_EQ(module_.attr("total").toTensor()[0].item<float>(), 0);
}

TEST_F(ModuleStatesTest, ACopyGoesOnWhereItsOriginalIs) {
  const auto a = states_.Copy(nullptr);
  Call(module_, *a);
  const auto b = states_.Copy(a.get());
  EXPECT_EQ(Call(module_, *b), 4);
  EXPECT_EQ(Call(module_, *a), 4);
}

TEST_F(ModuleStatesTest, WeightsAreShared) {
  const auto a = states_.Copy(nullptr);
  EXPECT_TRUE(a->self()->getAttr("weight").toTensor().is_same(
      module_.attr("weight").toTensor()));
  EXPECT_FALSE(a->self()->getAttr("total").toTensor().is_same(
      module_.attr("total").toTensor()));
}

}  // namespace
}  // namespace sconce

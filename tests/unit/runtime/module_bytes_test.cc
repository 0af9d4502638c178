#include "server/runtime/module_bytes.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>
#include <torch/script.h>

#include "server/runtime/module_optimizer.h"

namespace sconce {
namespace {

// 64 bytes of a parameter, and 16 of a buffer.
torch::jit::Module MakeModule() {
  torch::jit::Module module("m");
  module.register_parameter("weight", at::ones({4, 4}), false);
  module.register_buffer("bias", at::ones({4}));
  module.define("def forward(self, x): return x @ self.weight + self.bias\n");
  return module;
}

TEST(ModuleBytesTest, CountsParametersAndBuffers) {
  EXPECT_EQ(ModuleBytes(MakeModule()), 80);
}

TEST(ModuleBytesTest, CountsSubmodules) {
  torch::jit::Module outer("outer");
  outer.register_module("first", MakeModule());
  outer.register_module("second", MakeModule());
  outer.define("def forward(self, x): return self.first.forward(x)\n");
  EXPECT_EQ(ModuleBytes(outer), 160);
}

TEST(ModuleBytesTest, WhatIsSharedCountsOnce) {
  const at::Tensor tensor = at::ones({4});
  torch::jit::Module module("m");
  module.register_buffer("a", tensor);
  module.register_buffer("b", tensor.view({2, 2}));
  EXPECT_EQ(ModuleBytes(module), 16);
}

TEST(ModuleBytesTest, CountsWhatFreezingMadeAConstant) {
  const auto frozen = OptimizeModule(MakeModule(), {}, OptimizeMode::kFreeze);
  ASSERT_TRUE(frozen.ok()) << frozen.status();
  EXPECT_EQ(ModuleBytes(frozen->module), 80);
}

TEST(ModuleBytesTest, CountsTensorsInLists) {
  torch::jit::Module module("m");
  module.register_attribute("all", c10::ListType::ofTensors(),
                            c10::List<at::Tensor>({at::ones({4})}));
  EXPECT_EQ(ModuleBytes(module), 16);
}

}  // namespace
}  // namespace sconce

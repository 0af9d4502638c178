#include "server/runtime/archive_inspector.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/runtime/torch_archive.h"

namespace sconce {
namespace {

TEST(ReadTracedInputsTest, ScriptedModulesHaveNone) {
  EXPECT_TRUE(
      ReadTracedInputs(SaveModule("def forward(self, x):\n  return x\n"))
          .empty());
}

TEST(ReadTracedInputsTest, ReadsTypesAndShapes) {
  torch::jit::Module module = MakeModule("def forward(self, x):\n  return x\n");
  // What torch.jit.trace leaves behind.
  module.store_traced_inputs("forward", {at::ones({1, 3})});
  const std::string path = TestPath("pt");
  module.save(path);
  const std::vector<TracedInput> inputs = ReadTracedInputs(path);
  ASSERT_EQ(inputs.size(), 1u);
  EXPECT_EQ(inputs[0].type, DataType::kFp32);
  EXPECT_EQ(inputs[0].shape, Shape({1, 3}));
}

}  // namespace
}  // namespace sconce

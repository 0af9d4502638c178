#include "server/runtime/device_constants.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/runtime/module_method.h"
#include "tests/unit/runtime/torch_archive.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using torch::jit::Module;

constexpr char kOnCuda[] =
    "def forward(self, x):\n"
    "  return torch.zeros([2], device=torch.device(\"cuda:0\")) + x\n";

at::Tensor Call(const Module& module) {
  auto forward = ModuleMethod::Create(module);
  auto result = forward->Run(std::vector<at::Tensor>{at::ones(2)});
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? result->toTensor() : at::Tensor();
}

TEST(DeviceConstantsTest, AModuleWrittenForAnotherDeviceRunsOnThisOne) {
  const Module module = MakeModule(kOnCuda);
  EXPECT_THAT(MoveDeviceConstants(module, at::kCPU),
              ElementsAre(HasSubstr("cuda:0 in ")));
  EXPECT_TRUE(Call(module).equal(at::ones(2)));
}

TEST(DeviceConstantsTest, SoDoesOneThatWasSavedAndLoaded) {
  const Module module = torch::jit::load(SaveModule(kOnCuda));
  EXPECT_THAT(MoveDeviceConstants(module, at::kCPU),
              ElementsAre(HasSubstr("code/__torch__.py, line ")));
  EXPECT_TRUE(Call(module).equal(at::ones(2)));
}

TEST(DeviceConstantsTest, AndOneThatKeepsADevice) {
  Module module("m");
  module.register_attribute("device", c10::DeviceObjType::get(),
                            c10::Device("cuda:1"));
  module.define(
      "def forward(self, x):\n"
      "  return torch.zeros([2], device=self.device) + x\n");
  EXPECT_THAT(MoveDeviceConstants(module, at::kCPU),
              ElementsAre("cuda:1 in the attribute device"));
  EXPECT_TRUE(Call(module).equal(at::ones(2)));
}

TEST(DeviceConstantsTest, TheDeviceItselfAndMetaStay) {
  EXPECT_THAT(
      MoveDeviceConstants(
          MakeModule("def forward(self, x):\n"
                     "  y = torch.zeros([2], device=torch.device(\"meta\"))\n"
                     "  return x.to(torch.device(\"cpu\")), y.size(0)\n"),
          at::kCPU),
      IsEmpty());
}

// As for a lane on an accelerator: "meta" stands in for it.
TEST(DeviceConstantsTest, ATraceOfTheCpuMoves) {
  const Module module = MakeModule(
      "def forward(self, x):\n"
      "  return torch.zeros([2], device=torch.device(\"cpu\")) + x\n");
  EXPECT_EQ(MoveDeviceConstants(module, at::kMeta).size(), 1);
}

}  // namespace
}  // namespace sconce

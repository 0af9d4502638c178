#include "server/runtime/module_method.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/runtime/torch_archive.h"

namespace sconce {
namespace {

bool HasBoundedTime(const std::string& body) {
  const auto forward =
      ModuleMethod::Create(MakeModule("def forward(self, x):\n" + body));
  EXPECT_TRUE(forward.ok()) << forward.status();
  return forward->HasBoundedTime();
}

TEST(ModuleMethodTest, StraightCodeHasBoundedTime) {
  EXPECT_TRUE(HasBoundedTime("  return torch.relu(x) + 1\n"));
}

TEST(ModuleMethodTest, SoHasABranchOnASize) {
  EXPECT_TRUE(HasBoundedTime("  if x.dim() > 1:\n    x = x * 2\n  return x\n"));
}

TEST(ModuleMethodTest, SizesOfTheInputAreNoValues) {
  EXPECT_TRUE(HasBoundedTime("  return x.view([x.size(0), -1])\n"));
}

TEST(ModuleMethodTest, LoopsHaveNot) {
  EXPECT_FALSE(HasBoundedTime(
      "  for i in range(x.size(0)):\n    x = x * 2\n  return x\n"));
}

TEST(ModuleMethodTest, NorALoopInABranch) {
  EXPECT_FALSE(
      HasBoundedTime("  if x.dim() > 1:\n    for i in range(x.size(0)):\n"
                     "      x = x * 2\n  return x\n"));
}

TEST(ModuleMethodTest, NorAValueThatBecomesASize) {
  EXPECT_FALSE(HasBoundedTime("  return torch.zeros([int(x)])\n"));
  EXPECT_FALSE(HasBoundedTime("  return torch.bincount(x)\n"));
}

TEST(ModuleMethodTest, NorANumberThatAClientSends) {
  const auto method = ModuleMethod::Create(MakeModule(
      "def forward(self, x, n: int):\n  return torch.zeros([n]) + x\n"));
  ASSERT_TRUE(method.ok());
  EXPECT_FALSE(method->HasBoundedTime());
}

TEST(ModuleMethodTest, WhatAMethodCallsCounts) {
  torch::jit::Module module("m");
  module.define(
      "def helper(self, x):\n"
      "  for i in range(x.size(0)):\n"
      "    x = x * 2\n"
      "  return x\n"
      "def forward(self, x):\n"
      "  return self.helper(x)\n");
  const auto forward = ModuleMethod::Create(module);
  ASSERT_TRUE(forward.ok());
  EXPECT_FALSE(forward->HasBoundedTime());
}

}  // namespace
}  // namespace sconce

#include "server/runtime/forward.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/runtime/torch_archive.h"

namespace sconce {
namespace {

bool HasBoundedTime(const std::string& body) {
  const auto forward =
      ForwardMethod::Create(MakeModule("def forward(self, x):\n" + body));
  EXPECT_TRUE(forward.ok()) << forward.status();
  return forward->HasBoundedTime();
}

TEST(ForwardMethodTest, StraightCodeHasBoundedTime) {
  EXPECT_TRUE(HasBoundedTime("  return torch.relu(x) + 1\n"));
}

TEST(ForwardMethodTest, SoHasABranchOnASize) {
  EXPECT_TRUE(HasBoundedTime("  if x.dim() > 1:\n    x = x * 2\n  return x\n"));
}

TEST(ForwardMethodTest, SizesOfTheInputAreNoValues) {
  EXPECT_TRUE(HasBoundedTime("  return x.view([x.size(0), -1])\n"));
}

TEST(ForwardMethodTest, LoopsHaveNot) {
  EXPECT_FALSE(HasBoundedTime(
      "  for i in range(x.size(0)):\n    x = x * 2\n  return x\n"));
}

TEST(ForwardMethodTest, NorALoopInABranch) {
  EXPECT_FALSE(
      HasBoundedTime("  if x.dim() > 1:\n    for i in range(x.size(0)):\n"
                     "      x = x * 2\n  return x\n"));
}

TEST(ForwardMethodTest, NorAValueThatBecomesASize) {
  EXPECT_FALSE(HasBoundedTime("  return torch.zeros([int(x)])\n"));
  EXPECT_FALSE(HasBoundedTime("  return torch.bincount(x)\n"));
}

TEST(ForwardMethodTest, WhatAMethodCallsCounts) {
  torch::jit::Module module("m");
  module.define(
      "def helper(self, x):\n"
      "  for i in range(x.size(0)):\n"
      "    x = x * 2\n"
      "  return x\n"
      "def forward(self, x):\n"
      "  return self.helper(x)\n");
  const auto forward = ForwardMethod::Create(module);
  ASSERT_TRUE(forward.ok());
  EXPECT_FALSE(forward->HasBoundedTime());
}

}  // namespace
}  // namespace sconce

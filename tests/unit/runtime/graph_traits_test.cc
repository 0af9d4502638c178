#include "server/runtime/graph_traits.h"

#include <gtest/gtest.h>
#include <torch/csrc/jit/ir/irparser.h>

#include <string>

#include "server/runtime/module_method.h"
#include "tests/unit/runtime/torch_archive.h"

namespace sconce {
namespace {

std::string ReaderOf(const std::string& body) {
  const auto forward =
      ModuleMethod::Create(MakeModule("def forward(self, x):\n" + body));
  EXPECT_TRUE(forward.ok()) << forward.status();
  return forward->ReaderOfValues();
}

std::string CopierOf(const std::string& body) {
  const auto forward =
      ModuleMethod::Create(MakeModule("def forward(self, x):\n" + body));
  EXPECT_TRUE(forward.ok()) << forward.status();
  return forward->CopierWithoutWaiting();
}

TEST(ReaderOfValuesTest, NamesTheOperator) {
  EXPECT_EQ(ReaderOf("  if bool(x.sum() > 0):\n    x = -x\n  return x\n"),
            "aten::Bool");
  EXPECT_EQ(ReaderOf("  return x[:int(x.max())]\n"), "aten::Int");
  EXPECT_EQ(ReaderOf("  return x * x.max().item()\n"), "aten::item");
  EXPECT_EQ(ReaderOf("  return x * float(x.max())\n"), "aten::Float");
}

// In a batch a mate's value would pass for the others.
TEST(ReaderOfValuesTest, AnAssertionThatOneRowSatisfiesForAllDecides) {
  EXPECT_EQ(ReaderOf("  assert bool((x > 0).any()), 'no'\n  return x\n"),
            "aten::Bool");
}

TEST(ReaderOfValuesTest, SizesThatDependOnValuesDecideInBranches) {
  EXPECT_EQ(ReaderOf("  if torch.nonzero(x > 9).size(0) > 0:\n    x = -x\n"
                     "  return x\n"),
            "aten::nonzero");
  EXPECT_EQ(ReaderOf("  return torch.nonzero(x)\n"), "");
}

TEST(ReaderOfValuesTest, LooksIntoBranchesAndLoops) {
  EXPECT_EQ(ReaderOf("  for i in range(x.dim()):\n"
                     "    if x.size(0) > 1:\n"
                     "      x = x * float(x.max())\n"
                     "  return x\n"),
            "aten::Float");
}

TEST(ReaderOfValuesTest, SizesAreNoValues) {
  EXPECT_EQ(ReaderOf("  if x.size(0) > 1:\n    x = -x\n  return x\n"), "");
}

// A trace wraps sizes in tensors and reckons with those.
TEST(ReaderOfValuesTest, NorAreTensorsMadeOfSizes) {
  torch::jit::Graph graph;
  torch::jit::parseIR(R"IR(
    graph(%x : Tensor):
      %zero : int = prim::Constant[value=0]()
      %size : int = aten::size(%x, %zero)
      %n : Tensor = prim::NumToTensor(%size)
      %half : Tensor = aten::floor_divide(%n, %n)
      %number : int = aten::Int(%half)
      return (%number))IR",
                      &graph);
  EXPECT_EQ(ReaderOfValues(graph), "");
  EXPECT_TRUE(HasBoundedTime(graph));
}

TEST(ReaderOfValuesTest, AnAssertionDecidesNothing) {
  EXPECT_EQ(ReaderOf("  assert bool((x > 0).all()), 'no'\n  return x\n"), "");
}

TEST(CopierWithoutWaitingTest, NamesTheOperator) {
  EXPECT_EQ(CopierOf("  return x.to('cpu', non_blocking=True)\n"), "aten::to");
  EXPECT_EQ(CopierOf("  return torch.empty_like(x).copy_(x, True)\n"),
            "aten::copy_");
}

TEST(CopierWithoutWaitingTest, WhoWaitsIsNone) {
  EXPECT_EQ(CopierOf("  return x.to('cpu').to(x, non_blocking=False)\n"), "");
  EXPECT_EQ(CopierOf("  return torch.empty_like(x).copy_(x)\n"), "");
}

TEST(CopierWithoutWaitingTest, WhatIsDecidedAtRunTimeMayBeTrue) {
  EXPECT_EQ(CopierOf("  return x.to('cpu', non_blocking=x.dim() > 1)\n"),
            "aten::to");
}

TEST(CopierWithoutWaitingTest, LooksIntoBranchesAndLoops) {
  EXPECT_EQ(CopierOf("  for i in range(x.dim()):\n"
                     "    if x.size(0) > 1:\n"
                     "      x = x.to('cpu', non_blocking=True)\n"
                     "  return x\n"),
            "aten::to");
}

}  // namespace
}  // namespace sconce

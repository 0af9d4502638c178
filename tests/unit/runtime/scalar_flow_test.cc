#include "server/runtime/scalar_flow.h"

#include <gtest/gtest.h>

#include <string>

#include "server/runtime/module_method.h"
#include "tests/unit/runtime/torch_archive.h"

namespace sconce {
namespace {

// A method with every kind of scalar, that only a flow can make unbounded.
bool IsBounded(const std::string& body) {
  const auto forward = ModuleMethod::Create(MakeModule(
      "def forward(self, x, n: int, f: float, b: bool, s: str):\n" + body));
  EXPECT_TRUE(forward.ok()) << forward.status();
  return forward->HasBoundedTime();
}

TEST(ScalarFlowTest, FactorsAreHarmless) {
  EXPECT_TRUE(IsBounded("  return x * n + f\n"));
  EXPECT_TRUE(IsBounded("  return torch.clamp(x, n, f * 2 + n // 3)\n"));
}

TEST(ScalarFlowTest, SoAreConditionsAndResults) {
  EXPECT_TRUE(
      IsBounded("  if b and n > 3 and s == 'a':\n    x = -x\n"
                "  return {'x': x}\n"));
  EXPECT_TRUE(
      IsBounded("  y = n\n  if b:\n    y = n + 1\n"
                "  return (x, y, s, f)\n"));
}

TEST(ScalarFlowTest, SizesAreNot) {
  for (const char* body :
       {"  return torch.zeros([n]) + x\n", "  return x.expand([n, 4])\n",
        "  return x.repeat([n])\n", "  return torch.arange(n) + x\n",
        "  return torch.arange(f) + x\n", "  return torch.eye(n) + x\n",
        "  y = n * 2\n  return torch.zeros([y]) + x\n",
        "  y = 1\n  if b:\n    y = n\n  return torch.zeros([y]) + x\n",
        "  return torch.linspace(0.0, 1.0, n)\n",
        "  t = (x, n)\n  return torch.zeros([t[1]])\n",
        "  return torch.zeros([int(f)])\n", "  y = [0.0] * n\n  return y\n"}) {
    EXPECT_FALSE(IsBounded(body)) << body;
  }
}

TEST(ScalarFlowTest, NorIsACount) {
  EXPECT_FALSE(IsBounded("  for i in range(n):\n    x = x + 1\n  return x\n"));
}

}  // namespace
}  // namespace sconce

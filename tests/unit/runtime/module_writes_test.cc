#include "server/runtime/module_writes.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/api/module.h>

#include <string>

#include "tests/unit/runtime/torch_archive.h"

namespace sconce {
namespace {

// What freezing and FindWrites() say of a module with a buffer, a list, a
// tuple and a dict of tensors.
ModuleWrites WritesOf(const std::string& body) {
  torch::jit::Module module("m");
  module.register_buffer("t", at::zeros({2}));
  module.register_attribute("ls", c10::ListType::ofTensors(),
                            c10::List<at::Tensor>({at::zeros({2})}));
  module.register_attribute(
      "pair",
      c10::TupleType::create({c10::TensorType::get(), c10::TensorType::get()}),
      c10::ivalue::Tuple::create({at::zeros({2}), at::zeros({2})}));
  module.define("def forward(self, x):\n" + body);
  module.eval();
  return FindWrites(torch::jit::freeze(module));
}

TEST(FindWritesTest, PureCodeWritesNothing) {
  EXPECT_EQ(WritesOf("  return x + self.t + self.ls[0]\n"),
            ModuleWrites::kNothing);
}

TEST(FindWritesTest, InputsAndNewTensorsAreTheRequestsOwn) {
  for (const char* body :
       {"  x.add_(1)\n  return x\n", "  y = x[0]\n  y.add_(1)\n  return x\n",
        "  y = torch.zeros([2])\n  for i in range(2):\n    y.add_(x)\n"
        "  return y\n",
        "  y = x + 1\n  if x.dim() > 1:\n    y = x * 2\n  y.add_(1)\n"
        "  return y\n",
        "  ys = [x]\n  ys.append(x)\n  return ys\n",
        "  y = x + self.t\n  y.view([2]).add_(1)\n  return y\n"}) {
    EXPECT_EQ(WritesOf(body), ModuleWrites::kNothing) << body;
  }
}

TEST(FindWritesTest, AttributesThatFreezingSees) {
  for (const char* body :
       {"  self.t.add_(x)\n  return x\n", "  self.t = x\n  return x\n",
        "  self.ls.append(x)\n  return x\n"}) {
    EXPECT_NE(WritesOf(body), ModuleWrites::kNothing) << body;
  }
}

TEST(FindWritesTest, TensorsInContainersThatItDoesNot) {
  for (const char* body :
       {"  for t in self.ls:\n    t.add_(x)\n  return self.ls[0] + 0\n",
        "  self.ls[0].add_(x)\n  return self.ls[0] + 0\n",
        "  a, b = self.pair\n  a.add_(x)\n  return a + b\n",
        "  y = [self.ls[0]]\n  y[0].add_(x)\n  return y\n"}) {
    EXPECT_NE(WritesOf(body), ModuleWrites::kNothing) << body;
  }
}

TEST(FindWritesTest, RunningStatistics) {
  const std::string norm =
      "  return torch.batch_norm(x, None, None, self.t, self.t, ";
  EXPECT_NE(WritesOf(norm + "True, 0.1, 1e-5, False)\n"),
            ModuleWrites::kNothing);
  EXPECT_EQ(WritesOf(norm + "False, 0.1, 1e-5, False)\n"),
            ModuleWrites::kNothing);
  EXPECT_EQ(WritesOf("  return torch.batch_norm(x, None, None, None, None, "
                     "True, 0.1, 1e-5, False)\n"),
            ModuleWrites::kNothing);
}

}  // namespace
}  // namespace sconce

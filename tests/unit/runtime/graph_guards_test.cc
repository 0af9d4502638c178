#include "server/runtime/graph_guards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "server/runtime/execution_deadline.h"
#include "server/runtime/module_method.h"
#include "server/runtime/torch_error.h"
#include "tests/unit/runtime/torch_archive.h"

namespace sconce {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using torch::jit::Module;

constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
constexpr int64_t kGreatest = std::numeric_limits<int64_t>::max();

Module Guarded(const std::string& source) {
  Module module = MakeModule(source);
  AddGraphGuards(module);
  return module;
}

// The forms in which a module is served.
std::vector<Module> Forms(const std::string& source) {
  Module plain = Guarded(source);
  plain.eval();
  Module frozen = torch::jit::freeze(plain);
  Module optimized = plain.clone();
  optimized = torch::jit::optimize_for_inference(optimized);
  return {plain, frozen, optimized};
}

absl::StatusOr<c10::IValue> Call(const Module& module,
                                 std::vector<c10::IValue> arguments) {
  const auto method = ModuleMethod::Create(module);
  if (!method.ok()) return method.status();
  arguments.insert(arguments.begin(), module._ivalue());
  return method->Run(torch::jit::Stack(arguments));
}

absl::Status CallWithin(milliseconds limit, const Module& module,
                        const c10::IValue& argument) {
  const ExecutionDeadline deadline(Clock::Real()->Now() + limit);
  const absl::Status status = Call(module, {argument}).status();
  EXPECT_EQ(deadline.passed(), !status.ok());
  return status;
}

constexpr char kForever[] =
    "def forward(self, x):\n"
    "  while bool(x.sum() >= 0):\n"
    "    x = x + 1\n"
    "  return x\n";

TEST(GraphGuardsTest, AnEndlessLoopEndsInEveryFormOfAModule) {
  for (const Module& module : Forms(kForever)) {
    const MonoTime begin = Clock::Real()->Now();
    EXPECT_THAT(
        std::string(
            CallWithin(milliseconds(50), module, at::ones(2)).message()),
        HasSubstr("deadline"));
    const MonoDuration took = Clock::Real()->Now() - begin;
    EXPECT_GE(took, milliseconds(50));
    EXPECT_LT(took, milliseconds(5000));
    // It can be called again.
    EXPECT_TRUE(CallWithin(milliseconds(50), module, -at::ones(2)).ok());
  }
}

TEST(GraphGuardsTest, SoDoesALoopThatOnlyCounts) {
  for (const Module& module : Forms("def forward(self, n: int):\n"
                                    "  i = 0\n"
                                    "  while i >= 0:\n"
                                    "    i = (i + 1) % 7\n"
                                    "  return i\n")) {
    EXPECT_FALSE(CallWithin(milliseconds(20), module, 1).ok());
  }
}

TEST(GraphGuardsTest, AndALoopInACalledMethodInABranch) {
  for (const Module& module : Forms("def helper(self, x):\n"
                                    "  for i in range(x.size(0)):\n"
                                    "    while bool(x.sum() >= 0):\n"
                                    "      x = x + 1\n"
                                    "  return x\n"
                                    "def forward(self, x):\n"
                                    "  if x.dim() > 0:\n"
                                    "    x = self.helper(x)\n"
                                    "  return x\n")) {
    EXPECT_FALSE(CallWithin(milliseconds(20), module, at::ones(2)).ok());
  }
}

TEST(GraphGuardsTest, LoopsOfSubmodulesAreCounted) {
  Module inner = MakeModule(kForever);
  Module outer("outer");
  outer.register_module("inner", inner);
  outer.define("def forward(self, x):\n  return self.inner.forward(x)\n");
  EXPECT_EQ(AddGraphGuards(outer).loops, 1);
}

TEST(GraphGuardsTest, WithoutADeadlineALoopRunsToItsEnd) {
  for (const Module& module : Forms("def forward(self, n: int):\n"
                                    "  s = 0\n"
                                    "  for i in range(n):\n"
                                    "    s += i * i % 5\n"
                                    "  return s\n")) {
    const auto sum = Call(module, {1000});
    ASSERT_TRUE(sum.ok()) << sum.status();
    EXPECT_EQ(sum->toInt(), 2000);
  }
}

// The results for pairs of a few numbers; "error" where it is refused.
std::string Results(const Module& module) {
  std::string all;
  const int64_t values[] = {-7, -1, 0, 1, 3};
  for (const int64_t a : values) {
    for (const int64_t b : values) {
      const auto result = Call(module, {a, b});
      all += result.ok() ? c10::str(*result) : "error";
      all += " ";
    }
  }
  return all;
}

std::string Expression(const std::string& expression) {
  return "def forward(self, a: int, b: int):\n  return " + expression + "\n";
}

TEST(GraphGuardsTest, ARemainderIsThatOfPython) {
  constexpr char kExpected[] =
      "0 0 error 0 2 "
      "-1 0 error 0 2 "
      "0 0 error 0 0 "
      "-6 0 error 0 1 "
      "-4 0 error 0 0 ";
  for (const Module& module : Forms(Expression("a % b"))) {
    EXPECT_EQ(Results(module), kExpected);
    EXPECT_EQ(Call(module, {kLeast, -1})->toInt(), 0);
  }
}

TEST(GraphGuardsTest, AQuotientThatFitsIsThatOfPython) {
  for (const Module& module : Forms(Expression("a // b"))) {
    EXPECT_EQ(Call(module, {-7, 3})->toInt(), -3);
    EXPECT_EQ(Call(module, {kLeast, 3})->toInt(), kLeast / 3 - 1);
    EXPECT_EQ(Call(module, {kGreatest, -1})->toInt(), -kGreatest);
  }
}

void ExpectRefused(const Module& module, int64_t a, int64_t b,
                   const std::string& message) {
  const absl::Status status = Call(module, {a, b}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_EQ(status.message(), message);
}

TEST(GraphGuardsTest, WhatHasNoResultIsRefused) {
  for (const char* expression : {"a // b", "divmod(a, b)"}) {
    for (const Module& module : Forms(Expression(expression))) {
      ExpectRefused(module, 5, 0, "integer division or modulo by zero: 5 by 0");
      ExpectRefused(module, kLeast, -1,
                    "integer overflow: -9223372036854775808 divided by -1");
    }
  }
  for (const Module& module : Forms(Expression("a % b"))) {
    ExpectRefused(module, 5, 0, "integer division or modulo by zero: 5 by 0");
  }
}

TEST(GraphGuardsTest, NumbersOfTensorsAreGuardedToo) {
  for (const Module& module :
       Forms("def forward(self, a, b):\n"
             "  return a.item() % b.item(), a.item() // b.item()\n")) {
    const auto call = [&](at::Tensor a, at::Tensor b) {
      return Call(module, {a, b});
    };
    EXPECT_EQ(
        call(at::scalar_tensor(7, at::kLong), at::scalar_tensor(0, at::kLong))
            .status()
            .code(),
        absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(c10::str(*call(at::scalar_tensor(-7, at::kLong),
                             at::scalar_tensor(2, at::kLong))),
              "(1, -4)");
    EXPECT_EQ(c10::str(*call(at::scalar_tensor(-7.5, at::kDouble),
                             at::scalar_tensor(2, at::kLong))),
              "(0.5, -4.)");
  }
}

TEST(GraphGuardsTest, FreezingAnAttributeThatIsZeroDoesNotCrash) {
  Module module("m");
  module.register_attribute("n", c10::IntType::get(), 0);
  module.define(
      "def forward(self, a: int, b: int):\n"
      "  return self.n % self.n\n");
  AddGraphGuards(module);
  module.eval();
  ExpectRefused(torch::jit::freeze(module), 1, 1,
                "integer division or modulo by zero: 0 by 0");
}

TEST(GraphGuardsTest, TensorsAreDividedTowardsZero) {
  for (const Module& module :
       Forms("def forward(self, a, b):\n"
             "  return torch.div(a, b, rounding_mode='trunc')\n")) {
    const at::Tensor a = at::tensor({int64_t{-7}, int64_t{7}});
    EXPECT_TRUE(
        Call(module, {a, -at::ones(2, at::kLong)})->toTensor().equal(-a));
    const absl::Status status = Call(module, {at::full({2}, kLeast, at::kLong),
                                              -at::ones(2, at::kLong)})
                                    .status();
    EXPECT_EQ(status.message(),
              "integer overflow: -9223372036854775808 divided by -1");
  }
}

}  // namespace
}  // namespace sconce

#include "server/runtime/archive/operator_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sconce {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

absl::Status CheckCode(const std::string& code,
                       const std::set<std::string>& allowed = {}) {
  const auto tokens = TokenizeCode(code);
  if (!tokens.ok()) return tokens.status();
  return OperatorPolicy(allowed).CheckCode(*tokens);
}

absl::Status CheckLine(const std::string& line) {
  return CheckCode("def f(x: Tensor) -> Tensor:\n  " + line + "\n");
}

std::string FaultOf(const std::string& line) {
  return std::string(CheckLine(line).message());
}

TEST(OperatorPolicyTest, OrdinaryCodeMayRun) {
  EXPECT_TRUE(CheckLine("y = torch.add(x, torch.ones([2]))").ok());
  EXPECT_TRUE(CheckLine("y = ops.torchvision.nms(x, x, 0.5)").ok());
  EXPECT_TRUE(CheckLine("y = (self).save(x, )").ok());
  EXPECT_TRUE(CheckLine("y = self.from_file").ok());
}

TEST(OperatorPolicyTest, NamesOperatorLineAndHowToAllowIt) {
  EXPECT_THAT(FaultOf("torch.save(x, \"f\")"),
              AllOf(HasSubstr("line 2"), HasSubstr("aten::save"),
                    HasSubstr("writes files"),
                    HasSubstr("--allow-operator=aten::save")));
}

TEST(OperatorPolicyTest, RefusesEveryRule) {
  for (const char* line :
       {"y = torch.from_file(\"f\")", "y = ops.aten.from_file(\"f\")",
        "y = ops.c10d.broadcast_(x)", "y = ops._c10d_functional.wait_tensor(x)",
        "y = ops.symm_mem.one_shot_all_reduce(x)", "y = rpc_async(\"a\", f)",
        "y = ops.prim.rpc_sync(\"a\")", "y = ops._test.leaky_relu(x, 1.)",
        "y = ops.debugprims.load_tensor(\"f\")",
        "y : __torch__.torch.classes.c10d.ProcessGroup = x",
        "y = __torch__.torch.classes.dist_rpc.WorkerInfo(1)"}) {
    EXPECT_FALSE(CheckLine(line).ok()) << line;
  }
}

TEST(OperatorPolicyTest, LooksThroughSpacingAndContinuedLines) {
  EXPECT_FALSE(CheckLine("y = torch . save(x)").ok());
  EXPECT_FALSE(CheckLine("y = (torch.\n  save(x))").ok());
  EXPECT_FALSE(CheckLine("y = torch.\\\nsave(x)").ok());
}

TEST(OperatorPolicyTest, RefusesOperatorsInDisguise) {
  for (const char* line :
       {"t = torch", "y = (torch).save(x)", "y = getattr(torch, \"save\")(x)",
        "o = ops.aten", "o = ops", "f = torch.save"}) {
    EXPECT_FALSE(CheckLine(line).ok()) << line;
  }
}

TEST(OperatorPolicyTest, AttributesMayHaveTheirNames) {
  EXPECT_TRUE(
      CheckCode("class M(Module):\n  ops : Tensor\n  torch : int\n").ok());
  EXPECT_TRUE(CheckLine("y = self.torch").ok());
}

TEST(OperatorPolicyTest, TextAndCommentsAreNoCode) {
  EXPECT_TRUE(CheckLine("y = \"torch.save\" # torch.save").ok());
  EXPECT_TRUE(CheckLine("y = '''a\n\"torch.save(x)'''").ok());
  EXPECT_TRUE(CheckLine("y = \"\\\"torch.save\"").ok());
  EXPECT_FALSE(CheckLine("y = \"\\\\\" + torch.save(x)").ok());
}

TEST(OperatorPolicyTest, SingleOperatorsCanBeAllowed) {
  const std::string code = "def f(x):\n  torch.save(x, \"f\")\n";
  EXPECT_TRUE(CheckCode(code, {"aten::save"}).ok());
  EXPECT_FALSE(CheckCode(code, {"aten::from_file"}).ok());
}

std::string WithSetter(const std::string& body, const std::string& more = "") {
  return "class M(Module):\n  w : Tensor\n"
         "  def __setstate__(self: __torch__.M,\n"
         "    state: Tuple[Tensor, int]) -> NoneType:\n" +
         body + "    return None\n" + more;
}

TEST(StateSetterRuleTest, QuantizedModulesMayPackTheirWeights) {
  EXPECT_TRUE(CheckCode(WithSetter("    self.s = (state)[1]\n"
                                   "    _0 = (self).set_weight((state)[0], )\n",
                                   "  def set_weight(self: __torch__.M,\n"
                                   "    w: Tensor) -> NoneType:\n"
                                   "    if torch.eq(self.s, 2):\n"
                                   "      _1 = ops.quantized.linear_prepack(w, "
                                   "None)\n"
                                   "      self.p = _1\n"
                                   "    return None\n"
                                   "  def forward(self, x):\n"
                                   "    return torch.rand([2])\n"))
                  .ok());
}

TEST(StateSetterRuleTest, NothingElseMayRunDuringTheLoad) {
  EXPECT_THAT(
      std::string(CheckCode(WithSetter("    y = torch.rand([9])\n")).message()),
      AllOf(HasSubstr("line 5"), HasSubstr("__setstate__"),
            HasSubstr("calls torch.rand")));
  EXPECT_FALSE(CheckCode(WithSetter("    while True:\n      pass\n")).ok());
  EXPECT_FALSE(CheckCode(WithSetter("    y = (self).g()\n",
                                    "  def g(self):\n"
                                    "    return torch.rand([9])\n"))
                   .ok());
  EXPECT_FALSE(CheckCode(WithSetter("    y = (state)[0].cos()\n")).ok());
  EXPECT_FALSE(CheckCode(WithSetter("    y = self.inner.g()\n")).ok());
}

TEST(StateSetterRuleTest, CanBeAllowed) {
  EXPECT_TRUE(
      CheckCode(WithSetter("    y = torch.rand([9])\n"), {"__setstate__"})
          .ok());
}

}  // namespace
}  // namespace sconce

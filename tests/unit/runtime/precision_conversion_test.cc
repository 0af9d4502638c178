#include "server/runtime/precision_conversion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/runtime/module_graphs.h"
#include "server/runtime/module_method.h"
#include "server/runtime/precision_proof.h"
#include "tests/unit/runtime/torch_archive.h"

namespace sconce {
namespace {

using ::testing::HasSubstr;

using torch::jit::Module;

PrecisionSettings In(Precision precision) { return {.precision = precision}; }

// x W, plus what `rest` says.
Module Product(const std::string& rest = "") {
  Module module("m");
  module.register_parameter("w", torch::full({3, 2}, 0.1), false);
  module.register_buffer("steps", torch::zeros({1}, torch::kLong));
  module.define("def forward(self, x):\n  return torch.matmul(x, self.w)" +
                rest + "\n");
  return module;
}

at::Tensor Call(const Module& module, const PrecisionSettings& settings,
                const at::Tensor& x) {
  const auto forward = ModuleMethod::Create(
      module, "forward", PrecisionPolicy(settings, torch::kFloat));
  EXPECT_TRUE(forward.ok()) << forward.status();
  const auto value = forward->Run(std::vector<at::Tensor>{x});
  EXPECT_TRUE(value.ok()) << value.status();
  return value.ok() ? value->toTensor() : at::Tensor();
}

TEST(PrecisionConversionTest, FloatingWeightsAreConvertedAndNoOthers) {
  const Module module = Product();
  ConvertModule(module, In(Precision::kFp16));
  EXPECT_EQ(module.attr("w").toTensor().scalar_type(), torch::kHalf);
  EXPECT_EQ(module.attr("steps").toTensor().scalar_type(), torch::kLong);
}

TEST(PrecisionConversionTest, AutocastLeavesTheWeights) {
  const Module module = Product();
  ConvertModule(module, In(Precision::kAutocastBf16));
  EXPECT_EQ(module.attr("w").toTensor().scalar_type(), torch::kFloat);
}

TEST(PrecisionConversionTest, ACallTakesAndReturnsTheOldTypes) {
  const at::Tensor x = torch::rand({4, 3});
  const at::Tensor expected = Call(Product(), {}, x);
  for (const Precision precision :
       {Precision::kFp16, Precision::kBf16, Precision::kAutocastFp16,
        Precision::kAutocastBf16}) {
    const Module module = Product();
    ConvertModule(module, In(precision));
    const at::Tensor actual = Call(module, In(precision), x);
    EXPECT_EQ(actual.scalar_type(), torch::kFloat);
    EXPECT_TRUE(torch::allclose(actual, expected, 1e-2, 1e-2));
    EXPECT_FALSE(torch::equal(actual, expected)) << "nothing was rounded";
  }
}

TEST(PrecisionConversionTest, WeightsThatAreOneStayOne) {
  Module module = Product();
  module.register_parameter("tied", module.attr("w").toTensor().detach(),
                            false);
  ConvertModule(module, In(Precision::kBf16));
  EXPECT_EQ(module.attr("w").toTensor().data_ptr(),
            module.attr("tied").toTensor().data_ptr());
}

TEST(PrecisionConversionTest, TensorsInListsOfSubmodulesAreConverted) {
  Module inner("inner");
  inner.register_attribute("list", c10::ListType::ofTensors(),
                           c10::List<at::Tensor>({torch::ones({2})}));
  Module module = Product();
  module.register_module("inner", inner);
  ConvertModule(module, In(Precision::kFp16));
  EXPECT_EQ(inner.attr("list").toTensorVector().at(0).scalar_type(),
            torch::kHalf);
}

TEST(PrecisionConversionTest, WeightsOfImagesAreLaidOutAsAsked) {
  Module module("m");
  module.register_parameter("w", torch::ones({2, 3, 3, 3}), false);
  module.register_parameter("b", torch::ones({2}), false);
  ConvertModule(module, {.memory_format = MemoryFormat::kChannelsLast});
  const at::Tensor weight = module.attr("w").toTensor();
  EXPECT_TRUE(weight.is_contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_EQ(weight.scalar_type(), torch::kFloat);
}

// A constant of the code, as a trace has them.
Module AddsConstant() {
  Module module = Product(" + 1");
  for (torch::jit::Node* node : AllNodes(module)) {
    if (node->kind() != c10::prim::Constant) continue;
    if (!node->output()->type()->isSubtypeOf(*c10::NumberType::get())) continue;
    for (const torch::jit::Use& use : node->output()->uses()) {
      if (use.user->kind() != c10::aten::add || use.offset != 1) continue;
      torch::jit::WithInsertPoint before(use.user);
      use.user->replaceInput(
          1, use.user->owningGraph()->insertConstant(torch::full({2}, 0.1)));
      return module;
    }
  }
  ADD_FAILURE() << "no constant";
  return module;
}

TEST(PrecisionConversionTest, ConstantsOfTheCodeAreConverted) {
  const Module module = AddsConstant();
  ConvertModule(module, In(Precision::kFp16));
  int constants = 0;
  for (torch::jit::Node* node : AllNodes(module)) {
    if (node->kind() != c10::prim::Constant) continue;
    const auto value = torch::jit::toIValue(node->output());
    if (!value || !value->isTensor()) continue;
    ++constants;
    EXPECT_EQ(value->toTensor().scalar_type(), torch::kHalf);
  }
  EXPECT_EQ(constants, 1);
}

TEST(PrecisionConversionTest, TracedConvolutionsUseTf32OnlyWhereAsked) {
  for (const Precision precision : {Precision::kFp32, Precision::kTf32}) {
    const bool asked = precision == Precision::kTf32;
    const std::string baked = asked ? "False" : "True";
    const Module module = MakeModule(
        "def forward(self, x, w):\n  return torch._convolution(x, w, None, "
        "[1, 1], [0, 0], [1, 1], False, [0, 0], 1, False, False, True, " +
        baked + ")\n");
    ConvertModule(module, In(precision));
    int convolutions = 0;
    for (torch::jit::Node* node : AllNodes(module)) {
      if (node->kind() != c10::aten::_convolution) continue;
      ++convolutions;
      EXPECT_EQ(torch::jit::toIValue(node->inputs()[12])->toBool(), asked);
    }
    EXPECT_EQ(convolutions, 1);
  }
}

TEST(PrecisionConversionTest, TheTypeOfMostWeightsIsTheModels) {
  Module module = Product();
  EXPECT_EQ(WeightsType(module), torch::kFloat);
  module.register_parameter("v", torch::ones({9, 9}, torch::kDouble), false);
  EXPECT_EQ(WeightsType(module), torch::kDouble);
  EXPECT_EQ(WeightsType(MakeModule("def forward(self, x):\n  return x\n")),
            torch::kFloat);
}

TEST(PrecisionProofTest, TellsHowFarTheConvertedModelIsOff) {
  const Module module = Product();
  const auto proof = PrecisionProof::Of(module, {torch::rand({2, 3})});
  EXPECT_EQ(proof.types(), std::vector<c10::ScalarType>({torch::kFloat}));
  ConvertModule(module, In(Precision::kBf16));
  const auto off = proof.Compare(
      module, PrecisionPolicy(In(Precision::kBf16), torch::kFloat));
  ASSERT_TRUE(off.ok()) << off.status();
  ASSERT_TRUE(*off);
  EXPECT_GT((*off)->absolute, 0);
  EXPECT_LT((*off)->relative, 1e-2);
}

TEST(PrecisionProofTest, CodeThatNamesATypeMayNotRunAndTheErrorSaysWhatToDo) {
  Module naming("m");
  naming.register_parameter("w", torch::ones({3, 2}), false);
  naming.define(
      "def forward(self, x):\n"
      "  return torch.matmul(x.to(6), self.w)\n");
  const auto proof = PrecisionProof::Of(naming, {torch::rand({2, 3})});
  ConvertModule(naming, In(Precision::kFp16));
  const auto off = proof.Compare(
      naming, PrecisionPolicy(In(Precision::kFp16), torch::kFloat));
  EXPECT_EQ(off.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(off.status().message()),
              HasSubstr("sconce.precision 'fp16'"));
  EXPECT_THAT(std::string(off.status().message()), HasSubstr("autocast"));
}

TEST(PrecisionProofTest, WithoutInputsThereIsNothingToTell) {
  const PrecisionProof proof = PrecisionProof::Of(Product(), {});
  EXPECT_TRUE(proof.types().empty());
  const auto off = proof.Compare(Product(), {});
  ASSERT_TRUE(off.ok());
  EXPECT_FALSE(*off);
}

}  // namespace
}  // namespace sconce

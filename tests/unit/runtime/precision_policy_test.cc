#include "server/runtime/precision_policy.h"

#include <ATen/Functions.h>
#include <ATen/autocast_mode.h>
#include <gtest/gtest.h>

namespace sconce {
namespace {

PrecisionPolicy Policy(Precision precision,
                       MemoryFormat format = MemoryFormat::kContiguous) {
  return PrecisionPolicy({precision, format, std::nullopt}, at::kFloat);
}

at::ScalarType InputType(Precision precision, const at::Tensor& input) {
  torch::jit::Stack stack = {input};
  Policy(precision).ConvertInputs(&stack);
  return stack[0].toTensor().scalar_type();
}

at::ScalarType OutputType(const PrecisionPolicy& policy,
                          const at::Tensor& output) {
  c10::IValue value = output;
  policy.ConvertOutputs(&value);
  return value.toTensor().scalar_type();
}

TEST(PrecisionPolicyTest, FloatingInputsGetTheTypeOfTheWeights) {
  EXPECT_EQ(InputType(Precision::kFp16, at::ones({2})), at::kHalf);
  EXPECT_EQ(InputType(Precision::kBf16, at::ones({2}, at::kDouble)),
            at::kBFloat16);
}

TEST(PrecisionPolicyTest, OtherInputsKeepTheirs) {
  EXPECT_EQ(InputType(Precision::kFp16, at::ones({2}, at::kLong)), at::kLong);
  EXPECT_EQ(InputType(Precision::kBf16, at::ones({2}, at::kBool)), at::kBool);
}

TEST(PrecisionPolicyTest, InputsOfOtherPrecisionsKeepTheirs) {
  for (const Precision precision :
       {Precision::kFp32, Precision::kTf32, Precision::kAutocastFp16,
        Precision::kAutocastBf16}) {
    EXPECT_EQ(InputType(precision, at::ones({2})), at::kFloat);
  }
}

TEST(PrecisionPolicyTest, OutputsGetTheTypeThatTheModelReturned) {
  PrecisionPolicy policy = Policy(Precision::kFp16);
  policy.SetOutputTypes({at::kDouble});
  EXPECT_EQ(OutputType(policy, at::ones({2}, at::kHalf)), at::kDouble);
  policy.SetOutputTypes({at::kHalf});
  EXPECT_EQ(OutputType(policy, at::ones({2}, at::kHalf)), at::kHalf);
}

TEST(PrecisionPolicyTest, OrElseThatOfTheWeights) {
  for (const Precision precision :
       {Precision::kBf16, Precision::kAutocastBf16}) {
    const PrecisionPolicy policy = Policy(precision);
    EXPECT_EQ(OutputType(policy, at::ones({2}, at::kBFloat16)), at::kFloat);
    EXPECT_EQ(OutputType(policy, at::ones({2}, at::kHalf)), at::kHalf);
    EXPECT_EQ(OutputType(policy, at::ones({2}, at::kDouble)), at::kDouble);
    EXPECT_EQ(OutputType(policy, at::ones({2}, at::kLong)), at::kLong);
  }
}

TEST(PrecisionPolicyTest, OutputsOfFp32AreTheModels) {
  EXPECT_EQ(OutputType(PrecisionPolicy(), at::ones({2}, at::kHalf)), at::kHalf);
}

TEST(PrecisionPolicyTest, ImagesAreLaidOutAsAsked) {
  torch::jit::Stack stack = {at::ones({2, 3, 4, 5}), at::ones({2, 3})};
  Policy(Precision::kFp32, MemoryFormat::kChannelsLast).ConvertInputs(&stack);
  EXPECT_TRUE(
      stack[0].toTensor().is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(stack[1].toTensor().is_contiguous());
}

TEST(PrecisionPolicyTest, AnswersMayBeOffByMoreInFewerBits) {
  EXPECT_LT(Policy(Precision::kFp32).rounding(),
            Policy(Precision::kFp16).rounding());
  EXPECT_EQ(Policy(Precision::kAutocastBf16).rounding(),
            Policy(Precision::kFp16).rounding());
}

TEST(PrecisionOnTest, OnlyADeviceHasTf32) {
  const PrecisionSettings tf32 = {.precision = Precision::kTf32};
  EXPECT_TRUE(PrecisionOn(at::kCPU, tf32).AreDefault());
  EXPECT_EQ(PrecisionOn(at::kCUDA, tf32).precision, Precision::kTf32);
}

TEST(DeviceOfTest, IsThatOfTheFirstTensorHoweverDeep) {
  const auto meta = at::ones({1}, at::device(at::kMeta));
  const c10::IValue nested = c10::ivalue::Tuple::create(1, meta);
  EXPECT_TRUE(DeviceOf({3, nested, at::ones({1})}).is_meta());
  EXPECT_TRUE(DeviceOf({3, at::Tensor()}).is_cpu());
}

at::ScalarType TypeOfProduct() {
  return at::ones({2, 2}).mm(at::ones({2, 2})).scalar_type();
}

TEST(PrecisionScopeTest, AutocastIsInForceAsLongAsItLives) {
  {
    const PrecisionScope scope({.precision = Precision::kAutocastBf16},
                               at::kCPU);
    EXPECT_EQ(TypeOfProduct(), at::kBFloat16);
  }
  EXPECT_EQ(TypeOfProduct(), at::kFloat);
}

TEST(PrecisionScopeTest, WhatTheThreadHadIsInForceAgainAfterAnError) {
  const at::ScalarType type = at::autocast::get_autocast_dtype(at::kCPU);
  const bool cached = at::autocast::is_autocast_cache_enabled();
  const auto fail = [] {
    const PrecisionScope scope({.precision = Precision::kAutocastFp16},
                               at::kCPU);
    throw 1;
  };
  EXPECT_ANY_THROW(fail());
  EXPECT_FALSE(at::autocast::is_autocast_enabled(at::kCPU));
  EXPECT_EQ(at::autocast::get_autocast_dtype(at::kCPU), type);
  EXPECT_EQ(at::autocast::is_autocast_cache_enabled(), cached);
}

TEST(PrecisionScopeTest, OtherPrecisionsChangeNothing) {
  const PrecisionScope scope({.precision = Precision::kFp16}, at::kCPU);
  EXPECT_EQ(TypeOfProduct(), at::kFloat);
}

}  // namespace
}  // namespace sconce

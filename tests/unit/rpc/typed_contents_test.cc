#include "server/rpc/typed_contents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>

namespace sconce {
namespace {

using Input = inference::ModelInferRequest::InferInputTensor;

Input MakeInput(const char* datatype) {
  Input input;
  input.set_name("x");
  input.set_datatype(datatype);
  return input;
}

template <typename T>
T FirstOf(const std::vector<uint8_t>& bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

TEST(TypedContentsTest, NarrowsIntegers) {
  Input input = MakeInput("INT8");
  input.mutable_contents()->add_int_contents(-128);
  const auto bytes = PackTypedContents(input, DataType::kInt8);
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(bytes->size(), 1u);
  EXPECT_EQ(FirstOf<int8_t>(*bytes), -128);
}

TEST(TypedContentsTest, RefusesValuesThatDoNotFit) {
  Input input = MakeInput("UINT8");
  input.mutable_contents()->add_uint_contents(256);
  const auto bytes = PackTypedContents(input, DataType::kUint8);
  EXPECT_EQ(bytes.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(bytes.status().message().find("256"), std::string::npos);
}

TEST(TypedContentsTest, KeepsNotANumber) {
  Input input = MakeInput("FP32");
  input.mutable_contents()->add_fp32_contents(std::nanf(""));
  const auto bytes = PackTypedContents(input, DataType::kFp32);
  ASSERT_TRUE(bytes.ok());
  EXPECT_TRUE(std::isnan(FirstOf<float>(*bytes)));
}

TEST(TypedContentsTest, PacksEachTypeFromItsOwnField) {
  Input input = MakeInput("any");
  input.mutable_contents()->add_uint64_contents(UINT64_MAX);
  EXPECT_EQ(FirstOf<uint64_t>(*PackTypedContents(input, DataType::kUint64)),
            UINT64_MAX);
  input = MakeInput("any");
  input.mutable_contents()->add_int64_contents(INT64_MIN);
  EXPECT_EQ(FirstOf<int64_t>(*PackTypedContents(input, DataType::kInt64)),
            INT64_MIN);
  input = MakeInput("any");
  input.mutable_contents()->add_fp64_contents(0.1);
  EXPECT_EQ(FirstOf<double>(*PackTypedContents(input, DataType::kFp64)), 0.1);
  input = MakeInput("any");
  input.mutable_contents()->add_bool_contents(true);
  EXPECT_EQ(FirstOf<uint8_t>(*PackTypedContents(input, DataType::kBool)), 1);
}

TEST(TypedContentsTest, RefusesElementsInAForeignField) {
  Input input = MakeInput("FP32");
  input.mutable_contents()->add_int_contents(1);
  EXPECT_EQ(PackTypedContents(input, DataType::kFp32).status().code(),
            absl::StatusCode::kInvalidArgument);
  input.mutable_contents()->add_fp32_contents(1);
  EXPECT_EQ(PackTypedContents(input, DataType::kFp32).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(TypedContentsTest, RefusesHalfPrecision) {
  for (DataType type : {DataType::kFp16, DataType::kBf16}) {
    EXPECT_EQ(PackTypedContents(MakeInput("FP16"), type).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace sconce

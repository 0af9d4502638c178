#include "client/loadtest/payload/json_tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/unit/loadtest/numpy_files.h"

namespace sconce::load {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string FaultOf(const std::string& text, DataType type) {
  const auto read = TensorFromJson(text, type);
  EXPECT_TRUE(absl::IsInvalidArgument(read.status())) << text;
  return std::string(read.status().message());
}

TEST(JsonTensorTest, NestingIsTheShape) {
  const auto read = TensorFromJson("[[1, 2, 3], [4, 5, 6]]", DataType::kFp32);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(read->shape, ElementsAre(2, 3));
  EXPECT_EQ(read->bytes, Raw<float>({1, 2, 3, 4, 5, 6}));
  EXPECT_TRUE(TensorFromJson("7", DataType::kInt8)->shape.empty());
  EXPECT_THAT(TensorFromJson("[[], []]", DataType::kInt8)->shape,
              ElementsAre(2, 0));
}

TEST(JsonTensorTest, ValuesAreOfTheTypeThatIsAskedFor) {
  const auto bytes = [](const char* text, DataType type) {
    return TensorFromJson(text, type)->bytes;
  };
  EXPECT_EQ(bytes("[1, -2]", DataType::kInt64), Raw<int64_t>({1, -2}));
  EXPECT_EQ(bytes("255", DataType::kUint8), Raw<uint8_t>({255}));
  EXPECT_EQ(bytes("18446744073709551615", DataType::kUint64),
            Raw<uint64_t>({UINT64_MAX}));
  EXPECT_EQ(bytes("0.1", DataType::kFp64), Raw<double>({0.1}));
  EXPECT_EQ(bytes("1.5", DataType::kFp16), Raw<uint16_t>({0x3e00}));
  EXPECT_EQ(bytes("1.5", DataType::kBf16), Raw<uint16_t>({0x3fc0}));
  EXPECT_EQ(bytes("[true, false]", DataType::kBool), Raw<uint8_t>({1, 0}));
  EXPECT_EQ(bytes("\"ab\"", DataType::kBytes), std::string("\2\0\0\0ab", 6));
}

TEST(JsonTensorTest, ATypeIsGuessedWhereNoneIsKnown) {
  const auto type = [](const char* text) {
    return TensorFromJson(text, {})->type;
  };
  EXPECT_EQ(type("[1, 2]"), DataType::kInt64);
  EXPECT_EQ(type("[1, 2.5]"), DataType::kFp32);
  EXPECT_EQ(type("true"), DataType::kBool);
  EXPECT_EQ(type("[\"a\"]"), DataType::kBytes);
}

TEST(JsonTensorTest, ValuesOfAnotherTypeAreNamed) {
  EXPECT_THAT(FaultOf("[1, 256]", DataType::kUint8),
              HasSubstr("256 is no UINT8"));
  EXPECT_THAT(FaultOf("-1", DataType::kUint64), HasSubstr("-1"));
  EXPECT_THAT(FaultOf("-129", DataType::kInt8), HasSubstr("-129"));
  EXPECT_THAT(FaultOf("1.5", DataType::kInt32), HasSubstr("1.5"));
  EXPECT_THAT(FaultOf("[\"a\"]", DataType::kFp32), HasSubstr("\"a\""));
  EXPECT_THAT(FaultOf("1", DataType::kBool), HasSubstr("BOOL"));
  EXPECT_THAT(FaultOf("null", DataType::kBytes), HasSubstr("null"));
}

TEST(JsonTensorTest, WhatIsNoTensorIsRefused) {
  EXPECT_THAT(FaultOf("hello", DataType::kBytes), HasSubstr("quotes"));
  EXPECT_THAT(FaultOf("[[1, 2], [3]]", DataType::kInt8), HasSubstr("lengths"));
  EXPECT_THAT(FaultOf("[1, [2]]", DataType::kInt8), HasSubstr("lengths"));
  const std::string deep(1000000, '[');
  EXPECT_THAT(FaultOf(deep, DataType::kInt8), HasSubstr("deep"));
  EXPECT_FALSE(
      TensorFromJson(deep + std::string(1000000, ']'), DataType::kInt8).ok());
}

}  // namespace
}  // namespace sconce::load

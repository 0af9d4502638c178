#include "sconce/tensor_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::Span<const uint8_t> BytesOf(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

TEST(TensorViewTest, RefersToTheElementsOfAContainer) {
  const std::vector<float> values = {1, 2, 3, 4};
  const TensorView view = TensorView::Of(values, {2, 2});
  EXPECT_EQ(view.type(), DataType::kFp32);
  EXPECT_THAT(view.shape(), ElementsAre(2, 2));
  EXPECT_EQ(view.Values<float>()->data(), values.data());
  EXPECT_TRUE(view.Validate().ok());
}

TEST(TensorViewTest, KnowsTheTypesOfCxx) {
  EXPECT_EQ(TensorView::Of(std::array<bool, 1>(), {1}).type(), DataType::kBool);
  EXPECT_EQ(TensorView::Of(std::array<int64_t, 1>(), {1}).type(),
            DataType::kInt64);
  EXPECT_EQ(TensorView::Of(std::array<double, 1>(), {1}).type(),
            DataType::kFp64);
}

TEST(TensorViewTest, RefusesValuesOfAnotherType) {
  const std::vector<float> values = {1};
  const auto wrong = TensorView::Of(values, {1}).Values<int32_t>();
  EXPECT_EQ(wrong.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(wrong.status().message(), HasSubstr("FP32, not INT32"));
}

TEST(TensorViewTest, RefusesValuesThatAreNotAligned) {
  alignas(8) const std::array<uint8_t, 9> bytes = {};
  const TensorView view(DataType::kFp64, {1},
                        absl::MakeConstSpan(bytes).subspan(1));
  EXPECT_THAT(view.Values<double>().status().message(),
              HasSubstr("not aligned to 8"));
}

TEST(TensorViewTest, NamesBothSizesWhereTheyDiffer) {
  const std::vector<float> values = {1, 2, 3};
  EXPECT_THAT(TensorView::Of(values, {2, 2}).Validate().message(),
              HasSubstr("FP32[2,2] has 12 bytes, expected 16"));
}

TEST(TensorViewTest, RefusesAShapeBelowZeroOrTooLarge) {
  const std::vector<float> values;
  EXPECT_FALSE(TensorView::Of(values, {-1}).Validate().ok());
  EXPECT_FALSE(TensorView::Of(values, {int64_t{1} << 62, int64_t{1} << 62})
                   .Validate()
                   .ok());
  EXPECT_FALSE(TensorView::Of(values, {int64_t{1} << 62}).Validate().ok());
}

TEST(TensorViewTest, ReadsTheStringsThatItEncodes) {
  const std::string bytes = EncodeStrings({"sconce", "", "torch"});
  const TensorView view(DataType::kBytes, {3}, BytesOf(bytes));
  EXPECT_TRUE(view.Validate().ok());
  EXPECT_THAT(*view.Strings(), ElementsAre("sconce", "", "torch"));
}

TEST(TensorViewTest, FindsStringsThatAreCutOff) {
  const std::string bytes = EncodeStrings({"sconce"});
  for (const size_t size : {size_t{2}, size_t{5}, bytes.size() - 1}) {
    const TensorView view(DataType::kBytes, {1},
                          BytesOf(bytes).subspan(0, size));
    EXPECT_THAT(view.Strings().status().message(), HasSubstr("cut off"));
  }
}

TEST(TensorViewTest, CountsStrings) {
  const std::string bytes = EncodeStrings({"a", "b"});
  const TensorView view(DataType::kBytes, {3}, BytesOf(bytes));
  EXPECT_THAT(view.Validate().message(), HasSubstr("2 strings, expected 3"));
}

TEST(DataTypeTest, NamesAreThoseOfTheProtocol) {
  for (const absl::string_view name :
       {"BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32",
        "INT64", "FP16", "FP32", "FP64", "BF16", "BYTES"}) {
    const auto type = ParseDataType(name);
    ASSERT_TRUE(type.has_value()) << name;
    EXPECT_EQ(DataTypeName(*type), name);
  }
  EXPECT_EQ(ParseDataType("FP8"), std::nullopt);
}

}  // namespace
}  // namespace sconce

#include "server/tensor/pad_dimension.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "gtest/gtest.h"

namespace sconce {
namespace {

using Bytes = std::vector<uint8_t>;

TEST(RepeatValueTest, WritesTheTypesOwnBytes) {
  EXPECT_EQ(RepeatValue(DataType::kUint8, 7, 2), (Bytes{7, 7}));
  EXPECT_EQ(RepeatValue(DataType::kInt16, -1, 1), (Bytes{0xff, 0xff}));
  EXPECT_EQ(RepeatValue(DataType::kBool, 1, 1), (Bytes{1}));
  EXPECT_EQ(RepeatValue(DataType::kFp32, 1, 1), (Bytes{0, 0, 0x80, 0x3f}));
  EXPECT_EQ(RepeatValue(DataType::kFp64, 0, 1), Bytes(8));
  EXPECT_EQ(RepeatValue(DataType::kFp16, 0, 3), Bytes(6));
}

TEST(RepeatValueTest, RefusesWhatTheTypeCannotHold) {
  EXPECT_EQ(RepeatValue(DataType::kUint8, 256, 1), std::nullopt);
  EXPECT_EQ(RepeatValue(DataType::kUint8, -1, 1), std::nullopt);
  EXPECT_EQ(RepeatValue(DataType::kInt8, -129, 1), std::nullopt);
  EXPECT_EQ(RepeatValue(DataType::kInt32, 0.5, 1), std::nullopt);
  EXPECT_EQ(RepeatValue(DataType::kInt64, 9223372036854775808.0, 1),
            std::nullopt);
  EXPECT_EQ(RepeatValue(DataType::kInt64, std::nan(""), 1), std::nullopt);
  EXPECT_EQ(RepeatValue(DataType::kBool, 2, 1), std::nullopt);
  EXPECT_EQ(RepeatValue(DataType::kBf16, 1, 1), std::nullopt);
  EXPECT_EQ(RepeatValue(DataType::kBytes, 0, 1), std::nullopt);
}

TEST(RepeatValueTest, TakesTheLimitsOfATypes) {
  EXPECT_TRUE(RepeatValue(DataType::kUint8, 255, 1));
  EXPECT_TRUE(RepeatValue(DataType::kInt8, -128, 1));
  EXPECT_TRUE(RepeatValue(DataType::kInt64, -9223372036854775808.0, 1));
  EXPECT_TRUE(RepeatValue(DataType::kFp32,
                          -std::numeric_limits<double>::infinity(), 1));
}

class PadDimensionTest : public testing::Test {
 protected:
  // 0, 1, 2 …
  InputTensor Counting(const Shape& shape) {
    bytes_.clear();
    for (int64_t i = 0; i < *ElementCount(shape); ++i) {
      bytes_.push_back(static_cast<uint8_t>(i));
    }
    return {"x", DataType::kUint8, shape,
            ByteChunks(absl::MakeConstSpan(bytes_))};
  }

  // With 99 for what is added.
  Bytes Pad(size_t dimension, int64_t size, InputTensor* input) {
    padding_ = Bytes(ElementsToAdd(*input, dimension, size), 99);
    PadDimension(dimension, size, absl::MakeConstSpan(padding_), input);
    const std::string joined = input->bytes.Join();
    return {joined.begin(), joined.end()};
  }

  Bytes bytes_;
  Bytes padding_;
};

TEST_F(PadDimensionTest, AddsAtTheEndOfEachRow) {
  InputTensor x = Counting({2, 2});
  EXPECT_EQ(Pad(1, 3, &x), (Bytes{0, 1, 99, 2, 3, 99}));
  EXPECT_EQ(x.shape, (Shape{2, 3}));
}

TEST_F(PadDimensionTest, AddsWholeStepsOfADimensionInBetween) {
  InputTensor x = Counting({2, 1, 2});
  EXPECT_EQ(Pad(1, 2, &x), (Bytes{0, 1, 99, 99, 2, 3, 99, 99}));
  EXPECT_EQ(x.shape, (Shape{2, 2, 2}));
}

TEST_F(PadDimensionTest, CopiesNothing) {
  InputTensor x = Counting({2, 2});
  Pad(1, 3, &x);
  ASSERT_EQ(x.bytes.chunks().size(), 4u);
  EXPECT_EQ(x.bytes.chunks()[0].data(), bytes_.data());
  EXPECT_EQ(x.bytes.chunks()[2].data(), bytes_.data() + 2);
}

OutputTensor Output(const Shape& shape, const Bytes& bytes) {
  return {"y", DataType::kUint8, shape, absl::MakeConstSpan(bytes), nullptr};
}

Bytes BytesOf(const OutputTensor& output) {
  return {output.bytes.begin(), output.bytes.end()};
}

TEST(CutDimensionTest, KeepsTheBeginOfEachRow) {
  const Bytes bytes = {0, 1, 2, 3, 4, 5};
  const OutputTensor cut = CutDimension(Output({2, 3}, bytes), 1, 2);
  EXPECT_EQ(cut.shape, (Shape{2, 2}));
  EXPECT_EQ(BytesOf(cut), (Bytes{0, 1, 3, 4}));
}

TEST(CutDimensionTest, KeepsWholeStepsOfADimensionInBetween) {
  const Bytes bytes = {0, 1, 2, 3, 4, 5, 6, 7};
  const OutputTensor cut = CutDimension(Output({2, 2, 2}, bytes), 1, 1);
  EXPECT_EQ(BytesOf(cut), (Bytes{0, 1, 4, 5}));
}

TEST(CutDimensionTest, CopiesNothingOfOneRow) {
  const Bytes bytes = {0, 1, 2, 3};
  const OutputTensor cut = CutDimension(Output({1, 4}, bytes), 1, 3);
  EXPECT_EQ(cut.bytes.data(), bytes.data());
  EXPECT_EQ(BytesOf(cut), (Bytes{0, 1, 2}));
}

TEST(CutDimensionTest, NothingMayBeLeft) {
  const Bytes bytes = {0, 1, 2, 3};
  EXPECT_EQ(BytesOf(CutDimension(Output({2, 2}, bytes), 1, 0)), Bytes());
}

TEST(CutDimensionTest, UndoesThePadding) {
  const Bytes bytes = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  InputTensor x = {
      "x", DataType::kUint8, {2, 3, 2}, ByteChunks(absl::MakeConstSpan(bytes))};
  const Bytes padding(ElementsToAdd(x, 1, 5));
  PadDimension(1, 5, absl::MakeConstSpan(padding), &x);
  const std::string padded = x.bytes.Join();
  const OutputTensor cut =
      CutDimension(Output(x.shape, {padded.begin(), padded.end()}), 1, 3);
  EXPECT_EQ(BytesOf(cut), bytes);
}

}  // namespace
}  // namespace sconce

#include "server/tensor/shape.h"

#include <limits>

#include "gtest/gtest.h"

namespace sconce {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

TEST(ShapeTest, IsWrittenAsAList) {
  EXPECT_EQ(ShapeToString({1, 3, 224, -1}), "[1,3,224,-1]");
}

TEST(ShapeTest, AScalarIsWrittenAsAnEmptyList) {
  EXPECT_EQ(ShapeToString({}), "[]");
}

TEST(ElementCountTest, IsTheProductOfTheSizes) {
  EXPECT_EQ(ElementCount({2, 3, 4}), 24);
}

TEST(ElementCountTest, AScalarHasOneElement) { EXPECT_EQ(ElementCount({}), 1); }

TEST(ElementCountTest, AnEmptyDimensionLeavesNoElement) {
  EXPECT_EQ(ElementCount({2, 0, 4}), 0);
}

TEST(ElementCountTest, NegativeSizesAreRefused) {
  EXPECT_EQ(ElementCount({2, -1}), std::nullopt);
  EXPECT_EQ(ElementCount({0, -1}), std::nullopt);
}

TEST(ElementCountTest, TheLargestCountIsTheLargestInteger) {
  EXPECT_EQ(ElementCount({kMax, 1}), kMax);
}

TEST(ElementCountTest, AProductThatOverflowsIsRefused) {
  EXPECT_EQ(ElementCount({int64_t{1} << 32, int64_t{1} << 31}), std::nullopt);
  EXPECT_EQ(ElementCount({kMax, 2}), std::nullopt);
}

TEST(ElementCountTest, AProductThatWrapsToZeroIsRefused) {
  EXPECT_EQ(ElementCount({int64_t{1} << 32, int64_t{1} << 32}), std::nullopt);
}

TEST(ElementCountTest, AZeroHidesNoOverflow) {
  EXPECT_EQ(ElementCount({0, kMax, kMax}), std::nullopt);
  EXPECT_EQ(ElementCount({kMax, kMax, 0}), std::nullopt);
}

TEST(ByteCountTest, IsTheElementsTimesTheirSize) {
  EXPECT_EQ(ByteCount(DataType::kFp64, {2, 3}), 48);
  EXPECT_EQ(ByteCount(DataType::kBool, {2, 3}), 6);
}

TEST(ByteCountTest, AnOverflowOfTheBytesAloneIsRefused) {
  const Shape shape = {int64_t{1} << 61};
  ASSERT_TRUE(ElementCount(shape).has_value());
  EXPECT_EQ(ByteCount(DataType::kFp32, shape), std::nullopt);
  EXPECT_EQ(ByteCount(DataType::kFp16, shape), int64_t{1} << 62);
}

TEST(ByteCountTest, ShapesThatCannotBeAreRefused) {
  EXPECT_EQ(ByteCount(DataType::kFp32, {-1}), std::nullopt);
  EXPECT_EQ(ByteCount(DataType::kBool, {kMax, 2}), std::nullopt);
}

TEST(ShapeMatchesTest, EqualShapesMatch) {
  EXPECT_TRUE(ShapeMatches({2, 3}, {2, 3}));
  EXPECT_TRUE(ShapeMatches({}, {}));
}

TEST(ShapeMatchesTest, AnySizeMatchesEverySize) {
  EXPECT_TRUE(ShapeMatches({0, 3}, {kAnySize, 3}));
  EXPECT_TRUE(ShapeMatches({99, 3}, {kAnySize, 3}));
}

TEST(ShapeMatchesTest, AKnownSizeMatchesItselfOnly) {
  EXPECT_FALSE(ShapeMatches({2, 4}, {2, 3}));
  EXPECT_FALSE(ShapeMatches({5, 4}, {kAnySize, 3}));
}

TEST(ShapeMatchesTest, RanksHaveToAgree) {
  EXPECT_FALSE(ShapeMatches({2}, {2, kAnySize}));
  EXPECT_FALSE(ShapeMatches({2, 3}, {2}));
  EXPECT_FALSE(ShapeMatches({}, {kAnySize}));
}

TEST(FillShapeTest, TheUnknownSizeIsWhatTheElementsAskFor) {
  EXPECT_EQ(FillShape({kAnySize, 16}, 48), (Shape{3, 16}));
  EXPECT_EQ(FillShape({1, kAnySize}, 0), (Shape{1, 0}));
  EXPECT_EQ(FillShape({kAnySize}, 5), (Shape{5}));
}

TEST(FillShapeTest, AKnownShapeHasItsElements) {
  EXPECT_EQ(FillShape({2, 3}, 6), (Shape{2, 3}));
  EXPECT_EQ(FillShape({2, 3}, 7), std::nullopt);
}

TEST(FillShapeTest, NothingWhereNoneOrManyFit) {
  EXPECT_EQ(FillShape({kAnySize, 16}, 47), std::nullopt);
  EXPECT_EQ(FillShape({kAnySize, 0}, 0), std::nullopt);
  EXPECT_EQ(FillShape({kAnySize, kAnySize}, 4), std::nullopt);
  EXPECT_EQ(FillShape({kMax, 2}, 1), std::nullopt);
}

}  // namespace
}  // namespace sconce

#include "server/batching/bucket_key.h"

#include <vector>

#include "gtest/gtest.h"

namespace sconce {
namespace {

InputTensor Input(const Shape& shape, DataType type = DataType::kFp32) {
  return {"x", type, shape, ByteChunks()};
}

BucketKey Key(const std::vector<InputTensor>& inputs) {
  return MakeBucketKey(inputs);
}

TEST(BucketKeyTest, RowCountsMakeNoDifference) {
  EXPECT_EQ(Key({Input({1, 3, 4})}), Key({Input({7, 3, 4})}));
}

TEST(BucketKeyTest, RowShapesMakeADifference) {
  EXPECT_NE(Key({Input({1, 3, 4})}), Key({Input({1, 3, 5})}));
  EXPECT_NE(Key({Input({1, 3, 4})}), Key({Input({1, 4, 3})}));
}

TEST(BucketKeyTest, RanksMakeADifference) {
  EXPECT_NE(Key({Input({1, 3})}), Key({Input({1, 3, 1})}));
  EXPECT_NE(Key({Input({})}), Key({Input({1})}));
}

TEST(BucketKeyTest, TypesMakeADifference) {
  EXPECT_NE(Key({Input({1, 3}, DataType::kFp32)}),
            Key({Input({1, 3}, DataType::kFp64)}));
}

TEST(BucketKeyTest, TheNumberOfInputsMakesADifference) {
  EXPECT_NE(Key({Input({1})}), Key({Input({1}), Input({1})}));
  EXPECT_NE(Key({}), Key({Input({})}));
}

TEST(BucketKeyTest, EveryInputCounts) {
  EXPECT_NE(Key({Input({1, 2}), Input({1, 3})}),
            Key({Input({1, 2}), Input({1, 4})}));
}

TEST(BucketKeyTest, TheOrderOfInputsMakesADifference) {
  EXPECT_NE(Key({Input({1, 2}), Input({1, 3})}),
            Key({Input({1, 3}), Input({1, 2})}));
}

TEST(BucketKeyTest, SizesOfOneInputDoNotPassForAnothers) {
  EXPECT_NE(Key({Input({1, 2, 3}), Input({1})}),
            Key({Input({1, 2}), Input({1, 3})}));
}

// A scalar with these bytes.
InputTensor Value(const std::vector<uint8_t>& bytes) {
  InputTensor input = {"n", DataType::kInt64, Shape{1},
                       ByteChunks(absl::MakeConstSpan(bytes))};
  input.by_value = true;
  return input;
}

TEST(BucketKeyTest, ValuesMakeADifference) {
  const std::vector<uint8_t> one = {1, 0, 0, 0, 0, 0, 0, 0};
  const std::vector<uint8_t> also_one = one;
  const std::vector<uint8_t> two = {2, 0, 0, 0, 0, 0, 0, 0};
  const std::vector<uint8_t> longer = {1, 0, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(Key({Value(one)}), Key({Value(also_one)}));
  EXPECT_NE(Key({Value(one)}), Key({Value(two)}));
  EXPECT_NE(Key({Value(one)}), Key({Value(longer)}));
}

TEST(BucketKeyTest, WhichInputItIsMakesADifference) {
  InputTensor other = Input({1, 3});
  other.spec = 1;
  EXPECT_NE(Key({Input({1, 3})}), Key({other}));
}

TEST(BucketKeyTest, KeysOfADictMakeADifference) {
  InputTensor left = Input({1, 3});
  left.name = "d.left";
  left.key = 2;
  InputTensor right = left;
  right.name = "d.right";
  EXPECT_EQ(Key({left}), Key({left}));
  EXPECT_NE(Key({left}), Key({right}));
}

}  // namespace
}  // namespace sconce

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

}  // namespace
}  // namespace sconce

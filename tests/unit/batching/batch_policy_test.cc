#include "server/batching/batch_policy.h"

#include <chrono>
#include <vector>

#include "gtest/gtest.h"

namespace sconce {
namespace {

MonoTime At(int seconds) { return MonoTime(std::chrono::seconds(seconds)); }

struct BucketRow {
  const char* what;
  std::vector<MonoTime> oldest;
  size_t chosen;
};

class ChooseBucketTest : public testing::TestWithParam<BucketRow> {};

TEST_P(ChooseBucketTest, TheOneThatWaitedLongestIsServed) {
  EXPECT_EQ(ChooseBucket(GetParam().oldest), GetParam().chosen);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ChooseBucketTest,
    testing::Values(BucketRow{"Only", {At(5)}, 0},
                    BucketRow{"First", {At(1), At(2), At(3)}, 0},
                    BucketRow{"Middle", {At(2), At(1), At(3)}, 1},
                    BucketRow{"Last", {At(3), At(2), At(1)}, 2},
                    BucketRow{"Equal", {At(3), At(1), At(1)}, 1}),
    [](const auto& param_info) { return param_info.param.what; });

struct FillRow {
  const char* what;
  BatchFill fill;
  int64_t next_rows;
  int64_t max_rows;
  bool takes;
};

class TakesNextTest : public testing::TestWithParam<FillRow> {};

TEST_P(TakesNextTest, FollowsTheTable) {
  const FillRow& row = GetParam();
  EXPECT_EQ(TakesNext(row.fill, row.next_rows, row.max_rows), row.takes);
}

INSTANTIATE_TEST_SUITE_P(
    Table, TakesNextTest,
    testing::Values(FillRow{"TheFirst", {0, 0}, 1, 8, true},
                    FillRow{"TheFirstWhateverItsRows", {0, 0}, 9, 8, true},
                    FillRow{"TheFirstUnmerged", {0, 0}, 1, 0, true},
                    FillRow{"OneThatFits", {1, 4}, 3, 8, true},
                    FillRow{"OneThatFitsExactly", {1, 4}, 4, 8, true},
                    FillRow{"OneRowTooMany", {1, 4}, 5, 8, false},
                    FillRow{"NoneWhenFull", {8, 8}, 1, 8, false},
                    FillRow{"NoRowsWhenFull", {8, 8}, 0, 8, true},
                    FillRow{"AfterARequestWithoutRows", {1, 0}, 8, 8, true},
                    FillRow{"NoSecondUnmerged", {1, 1}, 1, 0, false},
                    FillRow{"NoSecondUnmergedWithoutRows", {1, 0}, 0, 0, false},
                    FillRow{"NoSecondOfBatchSizeOne", {1, 1}, 1, 1, false}),
    [](const auto& param_info) { return param_info.param.what; });

}  // namespace
}  // namespace sconce

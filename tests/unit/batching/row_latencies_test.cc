#include "server/batching/row_latencies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <limits>

namespace sconce {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Pair;

TEST(RowLatenciesTest, NothingIsKnownAtFirst) {
  EXPECT_THAT(RowLatencies().Get(), IsEmpty());
}

TEST(RowLatenciesTest, TheFirstExecutionIsTheEstimate) {
  RowLatencies latencies;
  latencies.Add(1, milliseconds(3));
  EXPECT_THAT(latencies.Get(), ElementsAre(Pair(1, milliseconds(3))));
}

TEST(RowLatenciesTest, LaterExecutionsMoveIt) {
  RowLatencies latencies;
  latencies.Add(1, milliseconds(16));
  latencies.Add(1, milliseconds(32));
  EXPECT_THAT(latencies.Get(), ElementsAre(Pair(1, milliseconds(17))));
}

TEST(RowLatenciesTest, AClassEndsAtAPowerOfTwo) {
  RowLatencies latencies;
  for (const int64_t rows : {0, 1, 2, 3, 4, 5, 8, 9}) {
    latencies.Add(rows, milliseconds(1));
  }
  EXPECT_THAT(latencies.Get(),
              ElementsAre(Key(1), Key(2), Key(4), Key(8), Key(16)));
}

TEST(RowLatenciesTest, AnyNumberOfRowsHasAClass) {
  RowLatencies latencies;
  latencies.Add(std::numeric_limits<int64_t>::max(), milliseconds(1));
  latencies.Add(-1, milliseconds(1));
  EXPECT_THAT(latencies.Get(), ElementsAre(Key(1), Key(int64_t{1} << 31)));
}

}  // namespace
}  // namespace sconce

#include "client/loadtest/measure/time_series.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sconce::load {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;

std::vector<int64_t> DueOf(const TimeSeries& series) {
  std::vector<int64_t> due;
  for (const SeriesBin& bin : series.bins()) due.push_back(bin.due);
  return due;
}

TEST(TimeSeriesTest, ABinIsASecond) {
  TimeSeries series;
  ++series.At(milliseconds(0)).due;
  ++series.At(milliseconds(999)).due;
  ++series.At(milliseconds(2'000)).due;
  EXPECT_EQ(series.bin_length(), seconds(1));
  EXPECT_THAT(DueOf(series), ElementsAre(2, 0, 1));
}

TEST(TimeSeriesTest, AnHourHasABinForEachSecond) {
  TimeSeries series;
  series.At(hours(1) - milliseconds(1));
  EXPECT_EQ(series.bin_length(), seconds(1));
  EXPECT_EQ(series.bins().size(), 3600);
}

TEST(TimeSeriesTest, BinsDoubleWhenThereAreTooMany) {
  TimeSeries series;
  for (int i = 0; i < 4'096; ++i) ++series.At(seconds(i)).due;
  ++series.At(seconds(4'096)).due;
  EXPECT_EQ(series.bin_length(), seconds(2));
  ASSERT_EQ(series.bins().size(), 2'049);
  EXPECT_EQ(series.bins().front().due, 2);
  EXPECT_EQ(series.bins().back().due, 1);
}

TEST(TimeSeriesTest, ADayIs2700Bins) {
  TimeSeries series;
  for (int i = 0; i < 86'400; ++i) ++series.At(seconds(i)).due;
  EXPECT_EQ(series.bin_length(), seconds(32));
  EXPECT_EQ(series.bins().size(), 2'700);
  EXPECT_EQ(series.bins()[1'000].due, 32);
}

TEST(TimeSeriesTest, DoublingKeepsEveryFigure) {
  TimeSeries series;
  SeriesBin& bin = series.At(seconds(1));
  bin.due = 1;
  bin.sent = 2;
  bin.ok = 3;
  bin.rejected = 4;
  bin.failed = 5;
  bin.good = 6;
  bin.latency.Add(milliseconds(7));
  series.At(seconds(5'000));
  const SeriesBin& kept = series.bins().front();
  EXPECT_THAT(std::vector<int64_t>({kept.due, kept.sent, kept.ok, kept.rejected,
                                    kept.failed, kept.good}),
              ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(kept.latency.max(), milliseconds(7));
}

TEST(TimeSeriesTest, MergesOneOfOtherLengthEitherWay) {
  TimeSeries fine;
  ++fine.At(seconds(3)).due;
  TimeSeries coarse;
  ++coarse.At(seconds(3)).due;
  coarse.At(seconds(5'000));
  TimeSeries into_fine = fine;
  into_fine.Merge(coarse);
  TimeSeries into_coarse = coarse;
  into_coarse.Merge(fine);
  for (const TimeSeries* merged : {&into_fine, &into_coarse}) {
    EXPECT_EQ(merged->bin_length(), seconds(2));
    EXPECT_EQ(merged->bins().size(), 2'501);
    EXPECT_EQ(merged->bins()[1].due, 2);
  }
}

TEST(TimeSeriesTest, MergesALongerOneOfTheSameLength) {
  TimeSeries series;
  ++series.At(seconds(0)).due;
  TimeSeries longer;
  ++longer.At(seconds(2)).due;
  series.Merge(longer);
  EXPECT_THAT(DueOf(series), ElementsAre(1, 0, 1));
}

}  // namespace
}  // namespace sconce::load

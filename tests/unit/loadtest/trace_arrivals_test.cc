#include "client/loadtest/arrivals/trace_arrivals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

namespace sconce::load {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

class TraceArrivalsTest : public testing::Test {
 protected:
  TraceArrivalsTest()
      : path_(testing::TempDir() + "/trace_" + std::to_string(getpid()) +
              ".csv") {}
  ~TraceArrivalsTest() override { std::remove(path_.c_str()); }

  void Write(const std::string& text) { std::ofstream(path_) << text; }

  std::string Fault(const std::string& text) {
    Write(text);
    const auto checked = TraceArrivals::Check(path_, 1, kEntries);
    EXPECT_FALSE(checked.ok()) << text;
    return std::string(checked.status().message());
  }

  const std::vector<std::string> kEntries = {"net", "other"};
  const std::string path_;
};

TEST_F(TraceArrivalsTest, ReplaysTimesAndEntries) {
  Write("seconds,entry\n0,net\n0.5,\n0.5,other\n");
  TraceArrivals arrivals(path_, 1);
  auto arrival = arrivals.Next();
  EXPECT_EQ(arrival->due, milliseconds(0));
  EXPECT_EQ(arrival->entry, "net");
  arrival = arrivals.Next();
  EXPECT_EQ(arrival->due, milliseconds(500));
  EXPECT_EQ(arrival->entry, "");
  EXPECT_EQ(arrivals.Next()->entry, "other");
  EXPECT_FALSE(arrivals.Next().has_value());
}

TEST_F(TraceArrivalsTest, TakesWhatSpreadsheetsWrite) {
  Write("\xef\xbb\xbfuser,\"entry\",seconds\r\nann,\"net\",1.5\r\n\r\n");
  TraceArrivals arrivals(path_, 1);
  const auto arrival = arrivals.Next();
  ASSERT_TRUE(arrival.has_value());
  EXPECT_EQ(arrival->due, milliseconds(1500));
  EXPECT_EQ(arrival->entry, "net");
}

TEST_F(TraceArrivalsTest, SpeedDividesTheTimes) {
  Write("seconds\n1\n2\n");
  TraceArrivals arrivals(path_, 4);
  EXPECT_EQ(arrivals.Next()->due, milliseconds(250));
  EXPECT_EQ(TraceArrivals::Check(path_, 4, kEntries)->last, milliseconds(500));
}

TEST_F(TraceArrivalsTest, LengthHasTheMeanGapAfterTheLast) {
  Write("seconds\n0\n1\n2\n3\n");
  const auto summary = TraceArrivals::Check(path_, 1, kEntries);
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->arrivals, 4);
  EXPECT_EQ(summary->length, milliseconds(4000));
}

TEST_F(TraceArrivalsTest, FaultsNameTheLine) {
  EXPECT_THAT(Fault("seconds\n1\nsoon\n"),
              HasSubstr("line 3: \"soon\" is no time"));
  EXPECT_THAT(Fault("seconds\n-1\n"), HasSubstr("line 2"));
  EXPECT_THAT(Fault("seconds\nnan\n"), HasSubstr("line 2"));
  EXPECT_THAT(Fault("seconds\n2\n\n1\n"), HasSubstr("line 4: time 1 after 2"));
  EXPECT_THAT(Fault("entry,seconds\nnet\n"), HasSubstr("line 2"));
}

TEST_F(TraceArrivalsTest, UnknownEntryIsNamed) {
  EXPECT_THAT(Fault("seconds,entry\n1,net\n2,cat\n"),
              HasSubstr("line 3: entry \"cat\" is not in the mix; it has "
                        "\"net\", \"other\""));
}

TEST_F(TraceArrivalsTest, NeedsAHeaderAndALine) {
  EXPECT_THAT(Fault(""), HasSubstr("empty"));
  EXPECT_THAT(Fault("1\n2\n"), HasSubstr("no column \"seconds\""));
  EXPECT_THAT(Fault("seconds\n"), HasSubstr("no line below its header"));
}

TEST_F(TraceArrivalsTest, MissingFileIsNamed) {
  const auto checked = TraceArrivals::Check("/no/such.csv", 1, kEntries);
  EXPECT_EQ(checked.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(checked.status().message()),
              HasSubstr("/no/such.csv"));
}

}  // namespace
}  // namespace sconce::load

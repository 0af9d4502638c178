#include "client/loadtest/measure/recorder.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "client/loadtest/measure/error_origin.h"

namespace sconce::load {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

const Outcome::Time kBegin{std::chrono::hours(5)};
const Window kWindow = {kBegin, kBegin + seconds(10)};

Recorder NewRecorder(size_t entries = 1, nanoseconds slo = nanoseconds(0)) {
  return Recorder(kWindow, entries, slo);
}

// Due at `due`, sent 1 ms after that, answered 5 ms after that.
Outcome At(nanoseconds due, grpc::StatusCode code = grpc::StatusCode::OK) {
  Outcome outcome;
  outcome.due = kBegin + due;
  outcome.sent = outcome.due + milliseconds(1);
  outcome.done = outcome.due + milliseconds(5);
  outcome.code = code;
  return outcome;
}

constexpr auto kInternal = grpc::StatusCode::INTERNAL;

Outcome Lost(nanoseconds due) {
  Outcome outcome = At(due, grpc::StatusCode::UNAVAILABLE);
  outcome.error = "Socket closed";
  return outcome;
}

Outcome Faulty(nanoseconds due, const std::string& fault) {
  Outcome outcome = At(due);
  outcome.checked = true;
  outcome.fault = fault;
  return outcome;
}

TEST(RecorderTest, CountsWhatIsDueWithinTheWindow) {
  Recorder recorder = NewRecorder();
  recorder.Add(At(nanoseconds(-1)));
  recorder.Add(At(nanoseconds(0)));
  recorder.Add(At(seconds(10) - nanoseconds(1)));
  recorder.Add(At(seconds(10)));
  recorder.AddUnsent(kBegin - nanoseconds(1), 0);
  recorder.AddUnsent(kBegin + seconds(10), 0);
  const Record record = recorder.Take();
  EXPECT_THAT(record.total.codes, ElementsAre(Pair("OK", 2)));
  EXPECT_EQ(record.total.unsent, 0);
  EXPECT_EQ(record.total.latency.count(), 2);
  EXPECT_EQ(record.send_lag.count(), 2);
}

TEST(RecorderTest, ThroughputIsOfAnswersThatCameWithinTheWindow) {
  Recorder recorder = NewRecorder();
  recorder.Add(At(milliseconds(-3)));               // came at 2 ms
  recorder.Add(At(milliseconds(-3), kInternal));    // so did an error
  recorder.Add(At(seconds(10) - milliseconds(1)));  // came too late
  recorder.Add(Lost(seconds(5)));                   // never came
  const Record record = recorder.Take();
  EXPECT_EQ(record.throughput.answered, 2);
  EXPECT_EQ(record.throughput.ok, 1);
  EXPECT_EQ(record.throughput.good, 1);
  EXPECT_THAT(record.total.codes,
              ElementsAre(Pair("OK", 1), Pair("UNAVAILABLE", 1)));
}

TEST(RecorderTest, WhatIsLostIsNoRejection) {
  Recorder recorder = NewRecorder();
  Outcome busy = At(seconds(1), grpc::StatusCode::UNAVAILABLE);
  busy.error = "the queue is full";
  recorder.Add(busy);
  recorder.Add(Lost(seconds(1)));
  const Record record = recorder.Take();
  EXPECT_EQ(record.total.rejected, 1);
  EXPECT_EQ(record.total.lost, 1);
  EXPECT_EQ(record.rejection.count(), 1);
}

TEST(ErrorOriginTest, IsToldByTheTexts) {
  using grpc::StatusCode;
  const auto deadline = StatusCode::DEADLINE_EXCEEDED;
  EXPECT_TRUE(MadeByClient(deadline, "Deadline Exceeded"));
  EXPECT_FALSE(MadeByClient(deadline, "the model 'net' took too long"));
  EXPECT_TRUE(MadeByClient(StatusCode::UNAVAILABLE, "Socket closed"));
  EXPECT_FALSE(MadeByClient(StatusCode::UNAVAILABLE, "'net' is loading"));
  EXPECT_TRUE(MadeByClient(StatusCode::CANCELLED, ""));
  EXPECT_FALSE(MadeByClient(StatusCode::INTERNAL, "Socket closed"));
}

TEST(RecorderTest, KeepsTheFirstTextOfEachCode) {
  Recorder recorder = NewRecorder();
  for (const char* text : {"full", "full again"}) {
    Outcome outcome = At(seconds(1), grpc::StatusCode::RESOURCE_EXHAUSTED);
    outcome.error = text;
    recorder.Add(outcome);
  }
  recorder.Add(At(seconds(1)));
  EXPECT_THAT(recorder.Take().errors,
              ElementsAre(Pair("RESOURCE_EXHAUSTED", "full")));
}

TEST(RecorderTest, TimesCountFromWhenARequestWasDue) {
  Recorder recorder = NewRecorder();
  recorder.Add(At(seconds(1)));
  const Record record = recorder.Take();
  EXPECT_EQ(record.send_lag.max(), milliseconds(1));
  EXPECT_EQ(record.total.latency.max(), milliseconds(5));
}

TEST(RecorderTest, LatencyIsThatOfAnswersThatAreOk) {
  Recorder recorder = NewRecorder();
  recorder.Add(At(seconds(1), grpc::StatusCode::DEADLINE_EXCEEDED));
  const Record record = recorder.Take();
  EXPECT_THAT(record.total.codes, ElementsAre(Pair("DEADLINE_EXCEEDED", 1)));
  EXPECT_EQ(record.total.latency.count(), 0);
  EXPECT_EQ(record.rejection.count(), 0);
  EXPECT_EQ(record.send_lag.count(), 1);
  EXPECT_EQ(record.total.good, 0);
}

TEST(RecorderTest, RejectionsHaveTheirOwnLatency) {
  Recorder recorder = NewRecorder();
  recorder.Add(At(seconds(1), grpc::StatusCode::RESOURCE_EXHAUSTED));
  recorder.Add(At(seconds(1), grpc::StatusCode::UNAVAILABLE));
  recorder.Add(At(seconds(1), grpc::StatusCode::INTERNAL));
  const Record record = recorder.Take();
  EXPECT_EQ(record.rejection.count(), 2);
  EXPECT_EQ(record.rejection.max(), milliseconds(5));
  EXPECT_EQ(record.total.latency.count(), 0);
}

TEST(RecorderTest, WithoutAnSloEveryOkAnswerIsGood) {
  Recorder recorder = NewRecorder();
  recorder.Add(At(seconds(1)));
  EXPECT_EQ(recorder.Take().total.good, 1);
}

TEST(RecorderTest, GoodIsAsFastAsTheSlo) {
  Recorder recorder = NewRecorder(1, milliseconds(5));
  recorder.Add(At(seconds(1)));
  Outcome late = At(seconds(1));
  late.done += nanoseconds(1);
  recorder.Add(late);
  const Record record = recorder.Take();
  EXPECT_EQ(record.total.good, 1);
  EXPECT_EQ(record.total.latency.count(), 2);
}

TEST(RecorderTest, AWrongAnswerIsNotGood) {
  Recorder recorder = NewRecorder();
  recorder.Add(Faulty(seconds(1), "output_0[3] is 1, expected 2"));
  Outcome right = At(seconds(1));
  right.checked = true;
  recorder.Add(right);
  const Record record = recorder.Take();
  EXPECT_EQ(record.total.good, 1);
  EXPECT_EQ(record.total.checked, 2);
  EXPECT_EQ(record.total.wrong, 1);
  EXPECT_THAT(record.faults, ElementsAre("output_0[3] is 1, expected 2"));
}

TEST(RecorderTest, KeepsTheFirstFaultsOnly) {
  Recorder recorder = NewRecorder();
  for (int i = 0; i < 30; ++i) {
    recorder.Add(Faulty(seconds(1), std::to_string(i)));
  }
  Record record = recorder.Take();
  EXPECT_EQ(record.total.wrong, 30);
  ASSERT_THAT(record.faults, SizeIs(kMostFaults));
  EXPECT_EQ(record.faults.back(), "9");
  record.Merge(record);
  EXPECT_THAT(record.faults, SizeIs(kMostFaults));
}

TEST(RecorderTest, EachEntryHasItsCountsAndTheTotalHasAll) {
  Recorder recorder = NewRecorder(3);
  Outcome second = At(seconds(1));
  second.entry = 1;
  recorder.Add(second);
  recorder.Add(At(seconds(1), grpc::StatusCode::NOT_FOUND));
  recorder.AddUnsent(kBegin, 1);
  const Record record = recorder.Take();
  ASSERT_THAT(record.entries, SizeIs(3));
  EXPECT_THAT(record.entries[0].codes, ElementsAre(Pair("NOT_FOUND", 1)));
  EXPECT_THAT(record.entries[1].codes, ElementsAre(Pair("OK", 1)));
  EXPECT_EQ(record.entries[1].unsent, 1);
  EXPECT_EQ(record.entries[1].latency.count(), 1);
  EXPECT_THAT(record.entries[2].codes, IsEmpty());
  EXPECT_THAT(record.total.codes,
              ElementsAre(Pair("NOT_FOUND", 1), Pair("OK", 1)));
  EXPECT_EQ(record.total.unsent, 1);
}

TEST(RecorderTest, TheSeriesIsByDueTime) {
  Recorder recorder = NewRecorder();
  Outcome slow = At(milliseconds(2'500));
  slow.done += seconds(4);
  recorder.Add(slow);
  recorder.Add(At(seconds(2), grpc::StatusCode::UNAVAILABLE));
  recorder.Add(At(seconds(2), grpc::StatusCode::INTERNAL));
  recorder.AddUnsent(kBegin + seconds(2), 0);
  const Record record = recorder.Take();
  ASSERT_THAT(record.series.bins(), SizeIs(3));
  const SeriesBin& bin = record.series.bins()[2];
  EXPECT_EQ(bin.due, 4);
  EXPECT_EQ(bin.sent, 3);
  EXPECT_EQ(bin.ok, 1);
  EXPECT_EQ(bin.rejected, 1);
  EXPECT_EQ(bin.failed, 1);
  EXPECT_EQ(bin.good, 1);
  EXPECT_EQ(bin.latency.max(), milliseconds(4'005));
}

TEST(RecorderTest, KeepsTheTimesThatTheServerTold) {
  Recorder recorder = NewRecorder();
  Outcome told = At(seconds(1));
  told.server = ServerTimes{milliseconds(2), milliseconds(3)};
  recorder.Add(told);
  recorder.Add(At(seconds(1)));
  const Record record = recorder.Take();
  EXPECT_EQ(record.server_queue.count(), 1);
  EXPECT_EQ(record.server_queue.max(), milliseconds(2));
  EXPECT_EQ(record.server_compute.max(), milliseconds(3));
}

TEST(RecordTest, MergesEveryFigure) {
  Recorder one = NewRecorder(2, milliseconds(5));
  Outcome told = Faulty(seconds(1), "one");
  told.server = ServerTimes{milliseconds(2), milliseconds(3)};
  one.Add(told);
  one.AddUnsent(kBegin, 1);
  Recorder two = NewRecorder(2, milliseconds(5));
  two.Add(told);
  two.Add(At(seconds(8)));
  two.Add(At(seconds(8), grpc::StatusCode::UNAVAILABLE));
  Record merged = one.Take();
  merged.Merge(two.Take());
  EXPECT_THAT(merged.total.codes,
              ElementsAre(Pair("OK", 3), Pair("UNAVAILABLE", 1)));
  EXPECT_EQ(merged.total.unsent, 1);
  EXPECT_EQ(merged.total.good, 1);
  EXPECT_EQ(merged.total.checked, 2);
  EXPECT_EQ(merged.total.wrong, 2);
  EXPECT_EQ(merged.total.latency.count(), 3);
  EXPECT_EQ(merged.entries[0].latency.count(), 3);
  EXPECT_EQ(merged.entries[1].unsent, 1);
  EXPECT_EQ(merged.rejection.count(), 1);
  EXPECT_EQ(merged.send_lag.count(), 4);
  EXPECT_EQ(merged.server_queue.count(), 2);
  EXPECT_EQ(merged.server_compute.count(), 2);
  EXPECT_THAT(merged.faults, ElementsAre("one", "one"));
  EXPECT_THAT(merged.series.bins(), SizeIs(9));
}

TEST(RecordTest, MergesIntoAnEmptyOne) {
  Recorder recorder = NewRecorder(2);
  recorder.Add(At(seconds(1)));
  Record merged;
  merged.Merge(recorder.Take());
  EXPECT_THAT(merged.entries, SizeIs(2));
  EXPECT_EQ(merged.total.latency.count(), 1);
}

}  // namespace
}  // namespace sconce::load

#include "client/loadtest/search/find_max.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "client/loadtest/search/exit_code.h"
#include "client/loadtest/search/sweep.h"
#include "tests/unit/loadtest/sample_runs.h"

namespace sconce::load {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

// Serves up to `capacity` requests a second in time, more of them late.
class ModelServer {
 public:
  explicit ModelServer(double capacity) : capacity_(capacity) {}

  RunResult operator()(double rate) {
    rates_.push_back(rate);
    RunResult result{.setup = SampleSetup(), .window_seconds = 10};
    Recorder recorder = SampleRecorder(result.setup);
    const bool late =
        rate > capacity_ || static_cast<int>(rates_.size()) == unlucky_run_;
    for (int i = 0; i < requests_; ++i) {
      recorder.Add(
          SampleOutcome(milliseconds(i % 10000), milliseconds(late ? 900 : 9)));
    }
    if (rate >= rejects_from_) {
      recorder.Add(SampleOutcome(milliseconds(0), milliseconds(1),
                                 grpc::StatusCode::UNAVAILABLE));
    }
    if (rate >= unsent_from_) recorder.AddUnsent(kSampleBegin, 0);
    result.record = recorder.Take();
    result.interrupted = static_cast<int>(rates_.size()) == interrupted_run_;
    return result;
  }

  FindMaxResult Search(double first_rate) {
    return FindMax({.first_rate = first_rate}, std::ref(*this));
  }

  double capacity_;
  int requests_ = 20000;
  double rejects_from_ = 1e9;
  double unsent_from_ = 1e9;
  int unlucky_run_ = 0;
  int interrupted_run_ = 0;
  std::vector<double> rates_;
};

void ExpectFound(const FindMaxResult& result, double capacity) {
  ASSERT_TRUE(result.found.has_value()) << result.reason;
  EXPECT_LE(result.found->rate, capacity);
  EXPECT_GT(result.found->rate, capacity / 1.06);
}

TEST(FindMaxTest, FindsTheCapacityFromBelow) {
  ModelServer server(1234);
  const auto result = server.Search(100);
  ExpectFound(result, 1234);
  EXPECT_THAT(result.reason, HasSubstr("the SLO was missed"));
  EXPECT_LE(server.rates_.size(), 12u);
}

TEST(FindMaxTest, FindsTheCapacityFromAbove) {
  ModelServer server(1234);
  ExpectFound(server.Search(20000), 1234);
}

TEST(FindMaxTest, TheRateFoundWasRunTwice) {
  ModelServer server(1234);
  const auto result = server.Search(100);
  ASSERT_TRUE(result.found.has_value());
  EXPECT_EQ(result.found->run, server.rates_.size() - 1);
  EXPECT_EQ(server.rates_.back(), result.found->rate);
  EXPECT_EQ(std::count(server.rates_.begin(), server.rates_.end(),
                       result.found->rate),
            2);
  EXPECT_EQ(result.sweep.runs.size(), server.rates_.size());
}

TEST(FindMaxTest, ARateThatDoesNotHoldIsNotFound) {
  ModelServer steady(1234);
  const size_t runs = steady.Search(100).sweep.runs.size();
  ModelServer server(1234);
  server.unlucky_run_ = static_cast<int>(runs);  // the confirmation
  const auto result = server.Search(100);
  ASSERT_TRUE(result.found.has_value()) << result.reason;
  EXPECT_LT(result.found->rate, 1234 / 1.03);
  EXPECT_EQ(server.rates_[runs + 1], result.found->rate);
  EXPECT_EQ(server.rates_[runs], result.found->rate);
}

TEST(FindMaxTest, ErrorsDoNotCountAsMet) {
  ModelServer server(1e9);
  server.rejects_from_ = 700;
  const auto result = server.Search(100);
  ExpectFound(result, 700);
  EXPECT_THAT(result.reason, HasSubstr("1 UNAVAILABLE"));
}

TEST(FindMaxTest, AVoidRunDoesNotCountAsMet) {
  ModelServer server(1e9);
  server.unsent_from_ = 700;
  const auto result = server.Search(100);
  ExpectFound(result, 700);
  EXPECT_THAT(result.reason, HasSubstr("void"));
  EXPECT_EQ(ExitCode(result), kVoid) << "the server may do more";
}

TEST(FindMaxTest, SaysWhyThereIsNone) {
  ModelServer server(0);
  const auto result = server.Search(100);
  EXPECT_FALSE(result.found.has_value());
  EXPECT_THAT(result.reason, HasSubstr("no rate was met"));
  EXPECT_THAT(result.reason, HasSubstr("the SLO was missed"));
  EXPECT_EQ(ExitCode(result), kWrongAnswers);
}

TEST(FindMaxTest, TooFewRequestsAreNamed) {
  ModelServer server(1234);
  server.requests_ = 20;
  EXPECT_THAT(server.Search(100).reason, HasSubstr("--duration"));
  EXPECT_EQ(server.rates_.size(), 1u) << "lower rates would tell less";
}

TEST(FindMaxTest, EndsWhenNothingIsTooMuch) {
  ModelServer server(1e12);
  server.rejects_from_ = server.unsent_from_ = 1e12;
  const auto result = server.Search(100);
  EXPECT_FALSE(result.found.has_value());
  EXPECT_THAT(result.reason, HasSubstr("every rate was met"));
}

TEST(FindMaxTest, AnInterruptKeepsTheRunsSoFar) {
  ModelServer server(1234);
  server.interrupted_run_ = 3;
  const auto result = server.Search(100);
  EXPECT_FALSE(result.found.has_value());
  EXPECT_TRUE(result.sweep.interrupted);
  EXPECT_EQ(result.sweep.runs.size(), 3u);
  EXPECT_THAT(result.reason, HasSubstr("interrupted; 200/s was met"));
  EXPECT_EQ(ExitCode(result), kInterrupted);
}

TEST(SweepTest, RunsEachRateInOrder) {
  ModelServer server(150);
  const auto result = Sweep({50, 200, 100}, std::ref(server));
  EXPECT_THAT(server.rates_, testing::ElementsAre(50, 200, 100));
  EXPECT_EQ(result.runs.size(), 3u);
  EXPECT_FALSE(result.interrupted);
  EXPECT_EQ(ExitCode(result), kDone);
}

TEST(SweepTest, AnInterruptEndsIt) {
  ModelServer server(150);
  server.interrupted_run_ = 2;
  const auto result = Sweep({50, 200, 100}, std::ref(server));
  EXPECT_EQ(result.runs.size(), 2u);
  EXPECT_EQ(ExitCode(result), kInterrupted);
}

TEST(ExitCodeTest, TellsWhatBecameOfARun) {
  ModelServer server(150);
  EXPECT_EQ(ExitCode(server(100)), kDone);
  EXPECT_EQ(ExitCode(server(1000)), kDone) << "a missed SLO is a result";
  server.unsent_from_ = 0;
  EXPECT_EQ(ExitCode(server(100)), kVoid);
  RunResult wrong = server(100);
  wrong.record.total.wrong = 1;
  EXPECT_EQ(ExitCode(wrong), kWrongAnswers);
  RunResult silent = server(100);
  silent.record.total.codes = {{"CANCELLED", 3}};
  EXPECT_EQ(ExitCode(silent), kWrongAnswers);
}

}  // namespace
}  // namespace sconce::load

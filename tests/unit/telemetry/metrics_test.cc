#include "server/telemetry/metrics.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/base/thread.h"
#include "tests/unit/telemetry/metrics_page.h"

namespace sconce {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Optional;

TEST(ServableMetricsTest, RequestsAreCountedByCode) {
  ServerMetrics metrics;
  const auto net = metrics.ForServable("net", 3);
  net->RecordRequest(absl::StatusCode::kOk, milliseconds(1));
  net->RecordRequest(absl::StatusCode::kOk, milliseconds(1));
  net->RecordRequest(absl::StatusCode::kInvalidArgument, milliseconds(1));
  EXPECT_THAT(
      Sample(metrics,
             R"(sconce_requests_total{code="OK",model="net",version="3"})"),
      Optional(2));
  EXPECT_THAT(Sample(metrics,
                     "sconce_requests_total{code=\"INVALID_ARGUMENT\""
                     ",model=\"net\",version=\"3\"}"),
              Optional(1));
}

TEST(ServerMetricsTest, StuckLanesComeAndGo) {
  ServerMetrics metrics;
  EXPECT_THAT(Sample(metrics, "sconce_stuck_lanes"), Optional(0));
  metrics.AddStuckLanes(1);
  metrics.AddStuckLanes(1);
  metrics.AddStuckLanes(-1);
  EXPECT_THAT(Sample(metrics, "sconce_stuck_lanes"), Optional(1));
}

TEST(ServableMetricsTest, ACodeHasNoSeriesBeforeItsFirstRequest) {
  ServerMetrics metrics;
  const auto net = metrics.ForServable("net", 1);
  EXPECT_THAT(MetricsPage(metrics), Not(HasSubstr("sconce_requests_total{")));
}

TEST(ServableMetricsTest, TheLastGrpcCodeHasACounterOfItsOwn) {
  ServerMetrics metrics;
  const auto net = metrics.ForServable("net", 1);
  net->RecordRequest(absl::StatusCode::kUnauthenticated, milliseconds(1));
  net->RecordRequest(absl::StatusCode::kDataLoss, milliseconds(1));
  EXPECT_THAT(MetricsPage(metrics), HasSubstr("code=\"UNAUTHENTICATED\""));
  EXPECT_THAT(MetricsPage(metrics), HasSubstr("code=\"DATA_LOSS\""));
}

TEST(ServableMetricsTest, RequestTimesAreSummedInSeconds) {
  ServerMetrics metrics;
  const auto net = metrics.ForServable("net", 1);
  net->RecordRequest(absl::StatusCode::kOk, milliseconds(250));
  net->RecordRequest(absl::StatusCode::kAborted, milliseconds(500));
  EXPECT_THAT(
      Sample(metrics, R"(sconce_request_seconds_sum{model="net",version="1"})"),
      Optional(0.75));
  EXPECT_THAT(
      Sample(metrics,
             R"(sconce_request_seconds_count{model="net",version="1"})"),
      Optional(2));
}

TEST(ServableMetricsTest, QueueTimesAreSummedInSeconds) {
  ServerMetrics metrics;
  const auto net = metrics.ForServable("net", 1);
  net->RecordQueue(milliseconds(125));
  EXPECT_THAT(
      Sample(metrics, R"(sconce_queue_seconds_sum{model="net",version="1"})"),
      Optional(0.125));
}

TEST(ServableMetricsTest, ABatchRecordsItsRowsAndItsTime) {
  ServerMetrics metrics;
  const auto net = metrics.ForServable("net", 1);
  net->RecordBatch(8, milliseconds(500));
  EXPECT_THAT(
      Sample(metrics, R"(sconce_batch_rows_sum{model="net",version="1"})"),
      Optional(8));
  EXPECT_THAT(
      Sample(metrics, R"(sconce_compute_seconds_sum{model="net",version="1"})"),
      Optional(0.5));
}

TEST(ServableMetricsTest, ABatchOfAPowerOfTwoFillsItsBucket) {
  ServerMetrics metrics;
  const auto net = metrics.ForServable("net", 1);
  net->RecordBatch(8, milliseconds(1));
  EXPECT_THAT(
      Sample(metrics,
             R"(sconce_batch_rows_bucket{model="net",version="1",le="4"})"),
      Optional(0));
  EXPECT_THAT(
      Sample(metrics,
             R"(sconce_batch_rows_bucket{model="net",version="1",le="8"})"),
      Optional(1));
}

TEST(ServableMetricsTest, TheShortestTimesHaveABucket) {
  ServerMetrics metrics;
  const auto net = metrics.ForServable("net", 1);
  net->RecordQueue(microseconds(40));
  const std::string first =
      "sconce_queue_seconds_bucket{model=\"net\""
      ",version=\"1\",le=\"5e-05\"}";
  EXPECT_THAT(Sample(metrics, first), Optional(1));
}

TEST(ServableMetricsTest, TheQueueGaugeFollowsWhoEntersAndLeaves) {
  ServerMetrics metrics;
  const auto net = metrics.ForServable("net", 1);
  net->AddQueued(3);
  net->AddQueued(-2);
  EXPECT_THAT(
      Sample(metrics, R"(sconce_queued_requests{model="net",version="1"})"),
      Optional(1));
}

TEST(ServableMetricsTest, VersionsHaveSeriesOfTheirOwn) {
  ServerMetrics metrics;
  const auto first = metrics.ForServable("net", 1);
  const auto second = metrics.ForServable("net", 2);
  first->AddQueued(1);
  second->AddQueued(5);
  EXPECT_THAT(
      Sample(metrics, R"(sconce_queued_requests{model="net",version="1"})"),
      Optional(1));
  EXPECT_THAT(
      Sample(metrics, R"(sconce_queued_requests{model="net",version="2"})"),
      Optional(5));
}

TEST(ServableMetricsTest, AskingAgainContinuesTheSeries) {
  ServerMetrics metrics;
  const auto net = metrics.ForServable("net", 1);
  net->RecordRequest(absl::StatusCode::kOk, milliseconds(1));
  metrics.ForServable("net", 1)->RecordRequest(absl::StatusCode::kOk,
                                               milliseconds(1));
  EXPECT_THAT(
      Sample(metrics,
             R"(sconce_requests_total{code="OK",model="net",version="1"})"),
      Optional(2));
}

TEST(ServableMetricsTest, ThreadsThatMeetANewCodeShareItsSeries) {
  ServerMetrics metrics;
  const auto net = metrics.ForServable("net", 1);
  {
    std::vector<Thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back("record", [&] {
        for (int n = 0; n < 250; ++n) {
          net->RecordRequest(absl::StatusCode::kInternal, milliseconds(1));
        }
      });
    }
  }
  EXPECT_THAT(Sample(metrics,
                     "sconce_requests_total{code=\"INTERNAL\""
                     ",model=\"net\",version=\"1\"}"),
              Optional(1000));
}

TEST(ServerMetricsTest, RejectedRequestsAreCountedByCodeWithoutAModel) {
  ServerMetrics metrics;
  metrics.RecordRejected(absl::StatusCode::kNotFound);
  metrics.RecordRejected(absl::StatusCode::kNotFound);
  EXPECT_THAT(
      Sample(metrics, R"(sconce_rejected_requests_total{code="NOT_FOUND"})"),
      Optional(2));
}

TEST(ServerMetricsTest, EveryFamilyHasHelpAndType) {
  ServerMetrics metrics;
  const auto net = metrics.ForServable("net", 1);
  net->RecordRequest(absl::StatusCode::kOk, milliseconds(1));
  const std::string page = MetricsPage(metrics);
  EXPECT_THAT(page, HasSubstr("# HELP sconce_requests_total "));
  EXPECT_THAT(page, HasSubstr("# TYPE sconce_requests_total counter"));
  EXPECT_THAT(page, HasSubstr("# TYPE sconce_batch_rows histogram"));
  EXPECT_THAT(page, HasSubstr("# TYPE sconce_queued_requests gauge"));
}

std::optional<double> State(const ServerMetrics& metrics,
                            const std::string& state) {
  return Sample(metrics, "sconce_model_state{model=\"net\",state=\"" + state +
                             "\",version=\"1\"}");
}

TEST(ServerMetricsTest, TheStateAModelIsInIs1AndTheOthersAre0) {
  ServerMetrics metrics;
  metrics.SetModelState("net", 1, "LOADING");
  EXPECT_THAT(State(metrics, "LOADING"), Optional(1));
  EXPECT_THAT(State(metrics, "READY"), Optional(0));
  EXPECT_THAT(State(metrics, "UNLOADING"), Optional(0));
  EXPECT_THAT(State(metrics, "UNAVAILABLE"), Optional(0));
}

TEST(ServerMetricsTest, ANewStateReplacesTheOldOne) {
  ServerMetrics metrics;
  metrics.SetModelState("net", 1, "LOADING");
  metrics.SetModelState("net", 1, "READY");
  EXPECT_THAT(State(metrics, "LOADING"), Optional(0));
  EXPECT_THAT(State(metrics, "READY"), Optional(1));
}

TEST(StatusCodeNameTest, CodesAreNamedAsGrpcDoes) {
  EXPECT_EQ(StatusCodeName(absl::StatusCode::kOk), "OK");
  EXPECT_EQ(StatusCodeName(absl::StatusCode::kCancelled), "CANCELLED");
  EXPECT_EQ(StatusCodeName(absl::StatusCode::kDeadlineExceeded),
            "DEADLINE_EXCEEDED");
}

TEST(ServableMetricsTest, WhoAsksForTheSameVersionGetsTheSame) {
  ServerMetrics metrics;
  const auto net = metrics.ForServable("net", 1);
  EXPECT_EQ(metrics.ForServable("net", 1), net);
  EXPECT_NE(metrics.ForServable("net", 2), net);
}

TEST(ServableMetricsTest, TheSeriesGoWithTheLastThatHasThem) {
  ServerMetrics metrics;
  auto first = metrics.ForServable("net", 1);
  auto second = metrics.ForServable("net", 1);
  first->RecordRequest(absl::StatusCode::kOk, milliseconds(1));
  first->RecordQueue(milliseconds(1));
  first->RecordBatch(1, milliseconds(1));
  first->AddQueued(1);
  first->AddSequences(1);
  first->SetBatchingRows("forward", 4);
  first->SetWeights("cuda:0", 9);
  first->SetGraphs("cuda:0", 9);
  first->RecordPadding(4);
  first.reset();
  EXPECT_THAT(MetricsPage(metrics), HasSubstr("model=\"net\""));
  second.reset();
  EXPECT_THAT(MetricsPage(metrics), Not(HasSubstr("model=\"net\"")));
}

TEST(ServableMetricsTest, PaddingIsCountedInRequestsAndElements) {
  ServerMetrics metrics;
  const auto net = metrics.ForServable("net", 1);
  EXPECT_THAT(MetricsPage(metrics), Not(HasSubstr("sconce_padd")));
  net->RecordPadding(4);
  net->RecordPadding(3);
  EXPECT_THAT(
      Sample(metrics,
             R"(sconce_padded_requests_total{model="net",version="1"})"),
      Optional(2));
  EXPECT_THAT(
      Sample(metrics,
             R"(sconce_padding_elements_total{model="net",version="1"})"),
      Optional(7));
}

TEST(ServableMetricsTest, AVersionThatComesAgainBeginsAnew) {
  ServerMetrics metrics;
  metrics.ForServable("net", 1)->AddQueued(1);
  const auto net = metrics.ForServable("net", 1);
  net->AddQueued(2);
  EXPECT_THAT(
      Sample(metrics, R"(sconce_queued_requests{model="net",version="1"})"),
      Optional(2));
}

TEST(ServableMetricsTest, ManyThreadsMayComeAndGo) {
  ServerMetrics metrics;
  std::vector<Thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back("asker", [&metrics] {
      for (int j = 0; j < 500; ++j) {
        const auto net = metrics.ForServable("net", 1);
        net->RecordRequest(absl::StatusCode::kOk, milliseconds(1));
        net->AddQueued(1);
        net->AddQueued(-1);
      }
    });
  }
  threads.clear();
  EXPECT_THAT(MetricsPage(metrics), Not(HasSubstr("model=\"net\"")));
}

TEST(ServerMetricsTest, LoadsAreCountedFromZero) {
  ServerMetrics metrics;
  const std::string ok = R"(sconce_model_loads_total{result="ok"})";
  const std::string failed = R"(sconce_model_loads_total{result="failed"})";
  EXPECT_THAT(Sample(metrics, ok), Optional(0));
  EXPECT_THAT(Sample(metrics, failed), Optional(0));
  metrics.RecordLoad(true);
  metrics.RecordLoad(true);
  metrics.RecordLoad(false);
  EXPECT_THAT(Sample(metrics, ok), Optional(2));
  EXPECT_THAT(Sample(metrics, failed), Optional(1));
}

TEST(ServerMetricsTest, TheLastLoadOfAVersionCounts) {
  ServerMetrics metrics;
  const std::string series =
      "sconce_model_last_load_successful{model=\"net\",version=\"1\"}";
  EXPECT_EQ(Sample(metrics, series), std::nullopt);
  metrics.SetLastLoad("net", 1, false);
  EXPECT_THAT(Sample(metrics, series), Optional(0));
  metrics.SetLastLoad("net", 1, true);
  EXPECT_THAT(Sample(metrics, series), Optional(1));
}

TEST(ServerMetricsTest, TheStatesOfAVersionThatIsGoneDisappear) {
  ServerMetrics metrics;
  for (const int64_t version : {1, 2}) {
    metrics.SetModelState("net", version, "READY");
    metrics.SetLastLoad("net", version, true);
  }
  metrics.RemoveModelState("net", 1);
  EXPECT_THAT(MetricsPage(metrics), Not(HasSubstr("version=\"1\"")));
  EXPECT_THAT(MetricsPage(metrics), HasSubstr("version=\"2\""));
}

}  // namespace
}  // namespace sconce

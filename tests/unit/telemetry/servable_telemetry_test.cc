#include "server/telemetry/servable_telemetry.h"

#include <chrono>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/unit/telemetry/metrics_page.h"

namespace sconce {
namespace {

using std::chrono::milliseconds;
using ::testing::Optional;

// Received at 0 ms of its own time, taken at 2, run from 3 to 7, ready at 8.
RequestTrace Trace() {
  RequestTrace trace;
  trace.received = MonoTime(milliseconds(1000));
  trace.enqueued = trace.received + milliseconds(1);
  trace.batch_start = trace.received + milliseconds(2);
  trace.forward_start = trace.received + milliseconds(3);
  trace.forward_end = trace.received + milliseconds(7);
  trace.batch_end = trace.received + milliseconds(8);
  trace.batch_rows = 4;
  return trace;
}

class ServableTelemetryTest : public testing::Test {
 protected:
  std::optional<double> Metric(const std::string& name) {
    return Sample(metrics_, name + R"({model="net",version="1"})");
  }
  std::optional<double> Requests(const std::string& code) {
    return Sample(metrics_, "sconce_requests_total{code=\"" + code +
                                "\",model=\"net\",version=\"1\"}");
  }

  ServerMetrics metrics_;
  ServableTelemetry telemetry_{metrics_.ForServable("net", 1)};
};

TEST_F(ServableTelemetryTest, WarmUpExecutionsAreNotCounted) {
  telemetry_.RecordExecution(Trace());
  EXPECT_EQ(telemetry_.stats().executions, 0);
  EXPECT_THAT(Metric("sconce_batch_rows_count"), Optional(0));
}

TEST_F(ServableTelemetryTest, ExecutionsAreCountedFromStartCountingOn) {
  telemetry_.RecordExecution(Trace());
  telemetry_.StartCounting();
  telemetry_.RecordExecution(Trace());
  EXPECT_EQ(telemetry_.stats().executions, 1);
  EXPECT_THAT(Metric("sconce_batch_rows_count"), Optional(1));
}

TEST_F(ServableTelemetryTest, AnExecutionsRowsReachStatisticsAndMetrics) {
  telemetry_.StartCounting();
  telemetry_.RecordExecution(Trace());
  EXPECT_EQ(telemetry_.stats().batches.count(4), 1u);
  EXPECT_THAT(Metric("sconce_batch_rows_sum"), Optional(4));
}

TEST_F(ServableTelemetryTest, AnExecutionsTimesAreThoseOfItsStations) {
  telemetry_.StartCounting();
  telemetry_.RecordExecution(Trace());
  const auto batch = telemetry_.stats().batches.at(4);
  EXPECT_EQ(batch.input.nanoseconds, 1'000'000);
  EXPECT_EQ(batch.infer.nanoseconds, 4'000'000);
  EXPECT_EQ(batch.output.nanoseconds, 1'000'000);
  EXPECT_THAT(Metric("sconce_compute_seconds_sum"), Optional(0.006));
}

TEST_F(ServableTelemetryTest, ASuccessReachesStatisticsAndMetrics) {
  telemetry_.RecordRequest(absl::StatusCode::kOk, 3, Trace(),
                           Trace().received + milliseconds(9));
  EXPECT_EQ(telemetry_.stats().success.count, 1);
  EXPECT_EQ(telemetry_.stats().rows, 3);
  EXPECT_THAT(Requests("OK"), Optional(1));
  EXPECT_THAT(Metric("sconce_queue_seconds_count"), Optional(1));
}

TEST_F(ServableTelemetryTest, ARequestsTimeRunsFromItsReception) {
  telemetry_.RecordRequest(absl::StatusCode::kOk, 3, Trace(),
                           Trace().received + milliseconds(9));
  EXPECT_EQ(telemetry_.stats().success.nanoseconds, 9'000'000);
  EXPECT_THAT(Metric("sconce_request_seconds_sum"), Optional(0.009));
}

TEST_F(ServableTelemetryTest, AFailureReachesStatisticsAndMetrics) {
  telemetry_.RecordRequest(absl::StatusCode::kResourceExhausted, 3, Trace(),
                           Trace().received + milliseconds(2));
  EXPECT_EQ(telemetry_.stats().fail.count, 1);
  EXPECT_EQ(telemetry_.stats().fail.nanoseconds, 2'000'000);
  EXPECT_EQ(telemetry_.stats().success.count, 0);
  EXPECT_THAT(Requests("RESOURCE_EXHAUSTED"), Optional(1));
}

TEST_F(ServableTelemetryTest, AFailureHasNoQueueTime) {
  RequestTrace refused;
  refused.received = MonoTime(milliseconds(1000));
  telemetry_.RecordRequest(absl::StatusCode::kInvalidArgument, 1, refused,
                           refused.received);
  EXPECT_THAT(Metric("sconce_queue_seconds_count"), Optional(0));
  EXPECT_EQ(telemetry_.stats().queue.count, 0);
}

TEST_F(ServableTelemetryTest, QueuedRequestsReachTheGauge) {
  telemetry_.RecordQueued(1);
  telemetry_.RecordQueued(1);
  telemetry_.RecordQueued(-1);
  EXPECT_THAT(Metric("sconce_queued_requests"), Optional(1));
}

TEST(RequestTraceTest, TheStationsDivideTheTimeOfTheBatch) {
  const RequestTrace trace = Trace();
  EXPECT_EQ(trace.Queue(), milliseconds(1));
  EXPECT_EQ(trace.ComputeInput(), milliseconds(1));
  EXPECT_EQ(trace.ComputeInfer(), milliseconds(4));
  EXPECT_EQ(trace.ComputeOutput(), milliseconds(1));
}

}  // namespace
}  // namespace sconce

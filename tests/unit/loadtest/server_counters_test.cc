#include "client/loadtest/measure/server_counters.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "client/loadtest/measure/prometheus_page.h"

namespace sconce::load {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::Pair;

TEST(PrometheusPageTest, SumsTheSeriesOfAName) {
  EXPECT_THAT(SumByName("# HELP a Of a.\n"
                        "# TYPE a counter\n"
                        "a{model=\"x\"} 1\n"
                        "a{model=\"y\",version=\"2\"} 2.5\n"
                        "b 1e3 1700000000\n"
                        "\n"),
              ElementsAre(Pair("a", 3.5), Pair("b", 1000)));
}

TEST(PrometheusPageTest, LabelsMayHoldAnyCharacter) {
  EXPECT_THAT(SumByName(R"(a{m="} 7 \" {",n="\\"} 3)"),
              ElementsAre(Pair("a", 3)));
}

TEST(PrometheusPageTest, LeavesOutWhatIsNoFiniteSample) {
  EXPECT_THAT(SumByName("a NaN\nb +Inf\nc\nd{x=\"1\"\n<html>\ne x\n{\n \n"),
              IsEmpty());
}

TEST(ServerCountersTest, ReadsOurs) {
  const ServerCounters counters = ReadServerCounters(
      "sconce_requests_total{code=\"OK\",model=\"a\",version=\"1\"} 90\n"
      "sconce_requests_total{code=\"INTERNAL\",model=\"b\",version=\"1\"} 10\n"
      "sconce_queue_seconds_sum{model=\"a\",version=\"1\"} 0.5\n"
      "sconce_queue_seconds_count{model=\"a\",version=\"1\"} 90\n"
      "sconce_compute_seconds_sum{model=\"a\",version=\"1\"} 2\n"
      "process_cpu_seconds_total 12.5\n");
  EXPECT_THAT(counters.requests, Optional(100));
  EXPECT_THAT(counters.queue_seconds, Optional(0.5));
  EXPECT_THAT(counters.compute_seconds, Optional(2));
  EXPECT_THAT(counters.cpu_seconds, Optional(12.5));
}

TEST(ServerCountersTest, ReadsTritons) {
  const ServerCounters counters = ReadServerCounters(
      "nv_inference_request_success{model=\"a\",version=\"1\"} 7\n"
      "nv_inference_request_failure{model=\"a\",reason=\"OTHER\"} 1\n"
      "nv_inference_queue_duration_us{model=\"a\",version=\"1\"} 2000000\n"
      "nv_inference_compute_input_duration_us{model=\"a\"} 100000\n"
      "nv_inference_compute_infer_duration_us{model=\"a\"} 3000000\n"
      "nv_inference_compute_output_duration_us{model=\"a\"} 200000\n");
  EXPECT_THAT(counters.requests, Optional(8));
  EXPECT_THAT(counters.queue_seconds, Optional(DoubleNear(2, 1e-9)));
  EXPECT_THAT(counters.compute_seconds, Optional(DoubleNear(3.3, 1e-9)));
  EXPECT_EQ(counters.cpu_seconds, std::nullopt);
}

TEST(ServerCountersTest, ReadsMlservers) {
  EXPECT_THAT(
      ReadServerCounters("model_infer_request_success_total{model=\"a\"} 4\n")
          .requests,
      Optional(4));
}

TEST(ServerCountersTest, AnotherPageHasNone) {
  EXPECT_FALSE(ReadServerCounters("<html>404</html>").any());
  EXPECT_FALSE(ReadServerCounters("").any());
}

TEST(ServerCountersTest, TheUseIsTheDifference) {
  const ServerUse use = UseBetween({10, 1, 2, 100}, {12, 1.5, 2, 150});
  EXPECT_THAT(use.cpu_seconds, Optional(2));
  EXPECT_THAT(use.queue_seconds, Optional(0.5));
  EXPECT_THAT(use.compute_seconds, Optional(0));
  EXPECT_THAT(use.requests, Optional(50));
}

TEST(ServerCountersTest, ACounterAppearsWithItsFirstEvent) {
  ServerCounters before;
  before.cpu_seconds = 1;
  const ServerUse use = UseBetween(before, {2, 3, 4, 5});
  EXPECT_THAT(use.requests, Optional(5));
  EXPECT_EQ(UseBetween(before, before).requests, std::nullopt);
}

TEST(ServerCountersTest, OneThatFellSaysNothing) {
  const ServerUse use = UseBetween({10, 1, 1, 100}, {2, 2, 2, 50});
  EXPECT_EQ(use.cpu_seconds, std::nullopt);
  EXPECT_EQ(use.requests, std::nullopt);
  EXPECT_THAT(use.queue_seconds, Optional(1));
}

}  // namespace
}  // namespace sconce::load

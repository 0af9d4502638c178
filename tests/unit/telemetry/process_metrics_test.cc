#include "server/telemetry/process_metrics.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sconce {
namespace {

double CpuSeconds() {
  return ProcessMetrics().front().metric.front().counter.value;
}

TEST(ProcessMetricsTest, CpuTimeGrowsWithWork) {
  const double before = CpuSeconds();
  EXPECT_GT(before, 0);
  while (CpuSeconds() < before + 0.002) {
  }
  EXPECT_LT(CpuSeconds(), before + 60);
}

TEST(ProcessMetricsTest, ItHasTheUsualName) {
  const prometheus::MetricFamily cpu = ProcessMetrics().front();
  EXPECT_EQ(cpu.name, "process_cpu_seconds_total");
  EXPECT_EQ(cpu.type, prometheus::MetricType::Counter);
}

}  // namespace
}  // namespace sconce

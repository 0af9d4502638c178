#include "server/telemetry/process_metrics.h"

#include <fcntl.h>
#include <unistd.h>

#include <ctime>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sconce {
namespace {

using ::testing::UnorderedElementsAre;

prometheus::MetricFamily Family(const std::string& name) {
  for (auto& family : ProcessMetrics()) {
    if (family.name == name) return family;
  }
  ADD_FAILURE() << "no metric " << name;
  return {name, "", prometheus::MetricType::Untyped, {{}}};
}

double CpuSeconds() {
  return Family("process_cpu_seconds_total").metric.front().counter.value;
}

double Gauge(const std::string& name) {
  return Family(name).metric.front().gauge.value;
}

TEST(ProcessMetricsTest, CpuTimeGrowsWithWork) {
  const double before = CpuSeconds();
  EXPECT_GT(before, 0);
  while (CpuSeconds() < before + 0.002) {
  }
  EXPECT_LT(CpuSeconds(), before + 60);
}

TEST(ProcessMetricsTest, TheNamesAreTheUsualOnes) {
  std::vector<std::string> names;
  for (const auto& family : ProcessMetrics()) {
    const bool is_counter = family.name == "process_cpu_seconds_total";
    EXPECT_EQ(family.type, is_counter ? prometheus::MetricType::Counter
                                      : prometheus::MetricType::Gauge);
    EXPECT_FALSE(family.help.empty());
    names.push_back(family.name);
  }
  EXPECT_THAT(names, UnorderedElementsAre("process_cpu_seconds_total",
                                          "process_virtual_memory_bytes",
                                          "process_resident_memory_bytes",
                                          "process_open_fds", "process_max_fds",
                                          "process_start_time_seconds"));
}

TEST(ProcessMetricsTest, MemoryThatIsWrittenToIsResident) {
  constexpr size_t kBytes = 64 << 20;
  const double before = Gauge("process_resident_memory_bytes");
  const std::vector<char> written(kBytes, 1);
  EXPECT_GT(Gauge("process_resident_memory_bytes"), before + kBytes / 2);
  EXPECT_GT(Gauge("process_virtual_memory_bytes"),
            Gauge("process_resident_memory_bytes"));
}

TEST(ProcessMetricsTest, AnOpenFileCounts) {
  const double before = Gauge("process_open_fds");
  const int file = open("/dev/null", O_RDONLY);
  EXPECT_EQ(Gauge("process_open_fds"), before + 1);
  close(file);
  EXPECT_EQ(Gauge("process_open_fds"), before);
  EXPECT_GT(Gauge("process_max_fds"), before);
}

TEST(ProcessMetricsTest, TheStartIsInThePastAndStays) {
  const double start = Gauge("process_start_time_seconds");
  const double now = static_cast<double>(std::time(nullptr));
  EXPECT_LE(start, now + 1);
  EXPECT_GT(start, now - 3600);  // no run of the tests takes so long
  EXPECT_EQ(Gauge("process_start_time_seconds"), start);
}

}  // namespace
}  // namespace sconce

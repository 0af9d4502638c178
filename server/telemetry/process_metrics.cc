#include "server/telemetry/process_metrics.h"

#include <ctime>

namespace sconce {
namespace {

// A counter of the registry would have to be told; this one is read.
double CpuSeconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + used.tv_nsec * 1e-9;
}

}  // namespace

std::vector<prometheus::MetricFamily> ProcessMetrics() {
  prometheus::MetricFamily cpu;
  cpu.name = "process_cpu_seconds_total";
  cpu.help = "User and system CPU time of the server process.";
  cpu.type = prometheus::MetricType::Counter;
  cpu.metric.resize(1);
  cpu.metric[0].counter.value = CpuSeconds();
  return {cpu};
}

}  // namespace sconce

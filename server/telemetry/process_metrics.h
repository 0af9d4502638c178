// ProcessMetrics: what /metrics shows of the process itself.
#ifndef SERVER_TELEMETRY_PROCESS_METRICS_H_
#define SERVER_TELEMETRY_PROCESS_METRICS_H_

#include <prometheus/metric_family.h>

#include <vector>

namespace sconce {

// `process_cpu_seconds_total`, as Prometheus' own libraries call it: user and
// system time of all threads so far, without that of other processes (the fork
// server and what it starts). Thread-safe.
std::vector<prometheus::MetricFamily> ProcessMetrics();

}  // namespace sconce

#endif  // SERVER_TELEMETRY_PROCESS_METRICS_H_

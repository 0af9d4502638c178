// ProcessMetrics: what /metrics shows of the process itself.
#ifndef SERVER_TELEMETRY_PROCESS_METRICS_H_
#define SERVER_TELEMETRY_PROCESS_METRICS_H_

#include <prometheus/metric_family.h>

#include <vector>

namespace sconce {

// Processor time, memory, open files and start, by the names and units that
// Prometheus' own libraries give them; of this process alone, without the fork
// server and what it starts. What /proc does not tell here is left out.
// Thread-safe.
std::vector<prometheus::MetricFamily> ProcessMetrics();

}  // namespace sconce

#endif  // SERVER_TELEMETRY_PROCESS_METRICS_H_

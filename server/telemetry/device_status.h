// DeviceStatus: what /metrics shows of a device that models run on.
#ifndef SERVER_TELEMETRY_DEVICE_STATUS_H_
#define SERVER_TELEMETRY_DEVICE_STATUS_H_

#include <prometheus/metric_family.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sconce {

// At one instant: read when somebody asks for the page. Memory is in bytes.
struct DeviceStatus {
  std::string name;  // "cuda:0"
  int lanes = 0;     // each with streams of its own
  int streams = 0;
  int graphs = 0;  // recorded calls that can be replayed
  int places = 0;  // batches that can be on their way at the same time
  double execution_seconds = 0;  // of batches' operators, since the start
  int64_t memory = 0;
  int64_t memory_limit = 0;      // of it, what this process may take
  int64_t model_memory = 0;      // of it, what is promised to models
  int64_t memory_allocated = 0;  // of it, what this process uses
  int64_t memory_reserved = 0;   // of it, what this process uses or keeps
  // Of all processes' work; empty: the driver does not tell.
  std::optional<double> utilization;  // 0 to 1
  std::optional<double> power_watts;
  std::optional<double> temperature_celsius;
};

// Names and labels are in server/doc/metrics.md. None without devices.
std::vector<prometheus::MetricFamily> DeviceMetrics(
    const std::vector<DeviceStatus>& devices);

}  // namespace sconce

#endif  // SERVER_TELEMETRY_DEVICE_STATUS_H_

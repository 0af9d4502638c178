// ServerStatus: what /metrics shows of the server as a whole.
#ifndef SERVER_TELEMETRY_SERVER_STATUS_H_
#define SERVER_TELEMETRY_SERVER_STATUS_H_

#include <prometheus/metric_family.h>

#include <cstdint>
#include <string>
#include <vector>

#include "server/telemetry/device_status.h"

namespace sconce {

// At one instant: read when somebody asks for the page.
struct ServerStatus {
  // Requests that a model version has and has not answered.
  struct InFlight {
    std::string model;
    int64_t version = 0;
    int64_t requests = 0;
  };

  std::string version;   // the server's
  std::string libtorch;  // LibTorch's
  bool ready = false;    // wants traffic
  int lanes = 0;
  int connections = 0;             // of the inference port
  int64_t memory_limit = 0;        // bytes that the process may use
  int64_t model_memory = 0;        // bytes that are promised to models
  int64_t model_memory_limit = 0;  // of these; 0: none
  std::vector<DeviceStatus> devices;
  std::vector<InFlight> in_flight;  // of every version that is registered
};

// Names and labels are in server/doc/metrics.md.
std::vector<prometheus::MetricFamily> StatusMetrics(const ServerStatus& status);

}  // namespace sconce

#endif  // SERVER_TELEMETRY_SERVER_STATUS_H_

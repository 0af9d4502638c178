#include "server/telemetry/server_status.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "server/telemetry/metric_families.h"

namespace sconce {
namespace {

using prometheus::MetricFamily;

MetricFamily BuildInfo(const ServerStatus& status) {
  MetricFamily family = EmptyGauge(
      "sconce_build_info", "1; the labels say which server and LibTorch.");
  AddSample(&family,
            {{"version", status.version}, {"libtorch", status.libtorch}}, 1);
  return family;
}

MetricFamily InFlight(const ServerStatus& status) {
  MetricFamily family =
      EmptyGauge("sconce_in_flight_requests",
                 "Requests that wait or run, or whose answer is written.");
  for (const ServerStatus::InFlight& each : status.in_flight) {
    AddSample(&family,
              {{"model", each.model}, {"version", absl::StrCat(each.version)}},
              static_cast<double>(each.requests));
  }
  return family;
}

MetricFamily Bytes(const char* name, const char* help, int64_t bytes) {
  return GaugeOf(name, help, static_cast<double>(bytes));
}

}  // namespace

std::vector<MetricFamily> StatusMetrics(const ServerStatus& status) {
  std::vector<MetricFamily> families = {
      BuildInfo(status),
      InFlight(status),
      GaugeOf("sconce_ready", "1 while the server wants traffic.",
              status.ready ? 1 : 0),
      GaugeOf("sconce_lanes", "Batches that can run at the same time.",
              status.lanes),
      GaugeOf("sconce_connections", "TCP connections of the inference port.",
              status.connections),
      Bytes("sconce_memory_limit_bytes",
            "What the machine or the container has.", status.memory_limit),
      Bytes("sconce_model_memory_bytes", "What is promised to models.",
            status.model_memory)};
  if (status.model_memory_limit > 0) {
    families.push_back(Bytes("sconce_model_memory_limit_bytes",
                             "What may be promised to models.",
                             status.model_memory_limit));
  }
  for (MetricFamily& family : DeviceMetrics(status.devices)) {
    families.push_back(std::move(family));
  }
  return families;
}

}  // namespace sconce

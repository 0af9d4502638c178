#include "server/telemetry/device_status.h"

#include <functional>

#include "server/telemetry/metric_families.h"

namespace sconce {
namespace {

using prometheus::MetricFamily;

// A gauge with a series for each device that `value` knows of.
struct Gauge {
  const char* name;
  const char* help;
  std::function<std::optional<double>(const DeviceStatus&)> value;
};

// A number, or maybe one.
template <typename T>
std::function<std::optional<double>(const DeviceStatus&)> Of(
    T DeviceStatus::*field) {
  return [field](const DeviceStatus& device) {
    return std::optional<double>(device.*field);
  };
}

const std::vector<Gauge>& Gauges() {
  static const auto& gauges = *new std::vector<Gauge>{
      {"sconce_device_lanes", "Lanes of a device, with streams of their own.",
       Of(&DeviceStatus::lanes)},
      {"sconce_device_streams", "Streams of a device, of all its lanes.",
       Of(&DeviceStatus::streams)},
      {"sconce_device_graphs", "Calls that are recorded in CUDA graphs.",
       Of(&DeviceStatus::graphs)},
      {"sconce_device_places", "Batches that can be on their way on a device.",
       Of(&DeviceStatus::places)},
      {"sconce_device_memory_bytes", "What a device has.",
       Of(&DeviceStatus::memory)},
      {"sconce_device_memory_limit_bytes", "Of it, what the server may take.",
       Of(&DeviceStatus::memory_limit)},
      {"sconce_device_model_memory_bytes", "Of it, what is promised to models.",
       Of(&DeviceStatus::model_memory)},
      {"sconce_device_memory_allocated_bytes", "Of it, what the server uses.",
       Of(&DeviceStatus::memory_allocated)},
      {"sconce_device_memory_reserved_bytes",
       "Of it, what the server uses or keeps for later.",
       Of(&DeviceStatus::memory_reserved)},
      {"sconce_device_utilization_ratio",
       "Part of the last moments in which a device had work of any process.",
       Of(&DeviceStatus::utilization)},
      {"sconce_device_power_watts", "What a device draws.",
       Of(&DeviceStatus::power_watts)},
      {"sconce_device_temperature_celsius", "Of a device.",
       Of(&DeviceStatus::temperature_celsius)}};
  return gauges;
}

MetricFamily ExecutionOf(const std::vector<DeviceStatus>& devices) {
  MetricFamily family = EmptyCounter(
      "sconce_device_execution_seconds_total",
      "How long operators of batches took, of all streams together.");
  for (const DeviceStatus& device : devices) {
    AddSample(&family, {{"device", device.name}}, device.execution_seconds);
  }
  return family;
}

}  // namespace

std::vector<MetricFamily> DeviceMetrics(
    const std::vector<DeviceStatus>& devices) {
  if (devices.empty()) return {};
  std::vector<MetricFamily> families = {ExecutionOf(devices)};
  for (const Gauge& gauge : Gauges()) {
    MetricFamily family = EmptyGauge(gauge.name, gauge.help);
    for (const DeviceStatus& device : devices) {
      const std::optional<double> value = gauge.value(device);
      if (value) AddSample(&family, {{"device", device.name}}, *value);
    }
    if (!family.metric.empty()) families.push_back(std::move(family));
  }
  return families;
}

}  // namespace sconce

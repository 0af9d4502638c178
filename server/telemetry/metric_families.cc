#include "server/telemetry/metric_families.h"

#include <utility>

namespace sconce {

using prometheus::MetricFamily;

MetricFamily CounterOf(std::string name, std::string help, double value) {
  MetricFamily family{
      std::move(name), std::move(help), prometheus::MetricType::Counter, {}};
  family.metric.emplace_back().counter.value = value;
  return family;
}

MetricFamily GaugeOf(std::string name, std::string help, double value) {
  MetricFamily family = EmptyGauge(std::move(name), std::move(help));
  AddSample(&family, {}, value);
  return family;
}

MetricFamily EmptyGauge(std::string name, std::string help) {
  return {std::move(name), std::move(help), prometheus::MetricType::Gauge, {}};
}

MetricFamily EmptyCounter(std::string name, std::string help) {
  return {
      std::move(name), std::move(help), prometheus::MetricType::Counter, {}};
}

void AddSample(MetricFamily* family, MetricLabels labels, double value) {
  prometheus::ClientMetric& sample = family->metric.emplace_back();
  sample.label = std::move(labels);
  const bool counts = family->type == prometheus::MetricType::Counter;
  (counts ? sample.counter.value : sample.gauge.value) = value;
}

}  // namespace sconce

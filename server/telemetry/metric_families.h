// Families of metrics whose values are read when somebody asks for the page.
#ifndef SERVER_TELEMETRY_METRIC_FAMILIES_H_
#define SERVER_TELEMETRY_METRIC_FAMILIES_H_

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

namespace sconce {

using MetricLabels = std::vector<prometheus::ClientMetric::Label>;

// One series without labels.
prometheus::MetricFamily CounterOf(std::string name, std::string help,
                                   double value);
prometheus::MetricFamily GaugeOf(std::string name, std::string help,
                                 double value);

// No series yet.
prometheus::MetricFamily EmptyGauge(std::string name, std::string help);
prometheus::MetricFamily EmptyCounter(std::string name, std::string help);
void AddSample(prometheus::MetricFamily* family, MetricLabels labels,
               double value);

}  // namespace sconce

#endif  // SERVER_TELEMETRY_METRIC_FAMILIES_H_

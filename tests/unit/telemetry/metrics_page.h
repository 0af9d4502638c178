// MetricsPage: the samples of a registry, found by name and labels.
#ifndef TESTS_UNIT_TELEMETRY_METRICS_PAGE_H_
#define TESTS_UNIT_TELEMETRY_METRICS_PAGE_H_

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <cstdlib>
#include <optional>
#include <sstream>
#include <string>

#include "server/telemetry/metrics.h"

namespace sconce {

// What /metrics shows of `metrics` now.
inline std::string MetricsPage(const ServerMetrics& metrics) {
  return prometheus::TextSerializer().Serialize(metrics.registry()->Collect());
}

// The value of the sample whose line begins with `series`, written as in the
// text format, e.g. `name{code="OK"}`. Nothing when there is none.
inline std::optional<double> Sample(const ServerMetrics& metrics,
                                    const std::string& series) {
  std::istringstream page(MetricsPage(metrics));
  for (std::string line; std::getline(page, line);) {
    if (line.rfind(series + " ", 0) == 0) {
      return std::strtod(line.c_str() + series.size(), nullptr);
    }
  }
  return std::nullopt;
}

}  // namespace sconce

#endif  // TESTS_UNIT_TELEMETRY_METRICS_PAGE_H_

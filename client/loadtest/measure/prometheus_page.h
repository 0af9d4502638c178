// SumByName: the figures of a page of metrics in Prometheus' text format.
#ifndef CLIENT_LOADTEST_MEASURE_PROMETHEUS_PAGE_H_
#define CLIENT_LOADTEST_MEASURE_PROMETHEUS_PAGE_H_

#include <map>
#include <string>

#include "absl/strings/string_view.h"

namespace sconce::load {

using PrometheusSums = std::map<std::string, double>;

// The sum of each name's series, whatever their labels are. Lines that are no
// sample, and values that are no finite number, are left out.
PrometheusSums SumByName(absl::string_view page);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_MEASURE_PROMETHEUS_PAGE_H_

// DistributionJson: a histogram as a DISTRIBUTION of doc/report.md.
#ifndef CLIENT_LOADTEST_REPORT_DISTRIBUTION_JSON_H_
#define CLIENT_LOADTEST_REPORT_DISTRIBUTION_JSON_H_

#include <cstddef>
#include <optional>

#include "client/loadtest/measure/histogram.h"
#include "client/loadtest/report/json.h"

namespace sconce::load {

// null where there is no value.
Json MillisecondsJson(std::optional<Histogram::Time> time);

// [[upper bound in ms, count], …], at most `most` of them.
Json BucketsJson(const Histogram& histogram, size_t most);

// Without a value, every figure but the count is null.
Json DistributionJson(const Histogram& histogram, size_t most_buckets);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_REPORT_DISTRIBUTION_JSON_H_

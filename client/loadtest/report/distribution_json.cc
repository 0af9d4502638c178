#include "client/loadtest/report/distribution_json.h"

#include "client/loadtest/report/thin_buckets.h"

namespace sconce::load {
namespace {

double ToMs(Histogram::Time time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace

Json MillisecondsJson(std::optional<Histogram::Time> time) {
  return time ? Json(ToMs(*time)) : Json(nullptr);
}

Json BucketsJson(const Histogram& histogram, size_t most) {
  Json buckets = Json::array();
  for (const auto& [upper, count] : ThinBuckets(histogram.Buckets(), most)) {
    buckets.push_back(Json::array({ToMs(upper), count}));
  }
  return buckets;
}

Json DistributionJson(const Histogram& histogram, size_t most_buckets) {
  const bool any = histogram.count() > 0;
  const auto percentile = [&](double quantile) {
    return MillisecondsJson(histogram.Quantile(quantile));
  };
  return {{"count", histogram.count()},
          {"mean_ms", any ? Json(ToMs(histogram.mean())) : Json(nullptr)},
          {"p50_ms", percentile(0.5)},
          {"p90_ms", percentile(0.9)},
          {"p99_ms", percentile(0.99)},
          {"p99_9_ms", percentile(0.999)},
          {"max_ms", any ? Json(ToMs(histogram.max())) : Json(nullptr)},
          {"buckets", BucketsJson(histogram, most_buckets)}};
}

}  // namespace sconce::load

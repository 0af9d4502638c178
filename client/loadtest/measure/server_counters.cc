#include "client/loadtest/measure/server_counters.h"

#include <string>
#include <utility>
#include <vector>

#include "client/loadtest/measure/prometheus_page.h"

namespace sconce::load {
namespace {

// The counters of one server that make up a figure together.
struct Names {
  double unit;
  std::vector<std::string> counters;
};

constexpr double kMicroseconds = 1e-6;

// Of the first server whose counters are there.
std::optional<double> SumOf(const PrometheusSums& sums,
                            const std::vector<Names>& servers) {
  for (const Names& names : servers) {
    std::optional<double> total;
    for (const std::string& counter : names.counters) {
      const auto found = sums.find(counter);
      if (found == sums.end()) continue;
      total = total.value_or(0) + names.unit * found->second;
    }
    if (total) return total;
  }
  return std::nullopt;
}

std::optional<double> Difference(const std::optional<double>& before,
                                 const std::optional<double>& after) {
  if (!after || *after < before.value_or(0)) return std::nullopt;
  return *after - before.value_or(0);
}

}  // namespace

bool ServerCounters::any() const {
  return cpu_seconds || queue_seconds || compute_seconds || requests;
}

ServerCounters ReadServerCounters(absl::string_view page) {
  const PrometheusSums sums = SumByName(page);
  ServerCounters counters;
  counters.cpu_seconds = SumOf(sums, {{1, {"process_cpu_seconds_total"}}});
  counters.queue_seconds =
      SumOf(sums, {{1, {"sconce_queue_seconds_sum"}},
                   {kMicroseconds, {"nv_inference_queue_duration_us"}}});
  counters.compute_seconds =
      SumOf(sums, {{1, {"sconce_compute_seconds_sum"}},
                   {kMicroseconds,
                    {"nv_inference_compute_input_duration_us",
                     "nv_inference_compute_infer_duration_us",
                     "nv_inference_compute_output_duration_us"}}});
  counters.requests = SumOf(
      sums,
      {{1, {"sconce_requests_total"}},
       {1, {"nv_inference_request_success", "nv_inference_request_failure"}},
       {1,
        {"model_infer_request_success_total",
         "model_infer_request_failure_total"}}});
  return counters;
}

ServerUse UseBetween(const ServerCounters& before,
                     const ServerCounters& after) {
  ServerUse use;
  use.cpu_seconds = Difference(before.cpu_seconds, after.cpu_seconds);
  use.queue_seconds = Difference(before.queue_seconds, after.queue_seconds);
  use.compute_seconds =
      Difference(before.compute_seconds, after.compute_seconds);
  use.requests = Difference(before.requests, after.requests);
  return use;
}

}  // namespace sconce::load

#include "tests/bench/simulator/figures.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/bench/simulator/policy.h"

namespace sconce::simulator {
namespace {

// Of a second of lane time, what `rows` need in full batches.
double FullBatchSeconds(const Model& model, int64_t rows) {
  return static_cast<double>(rows) / Capacity(model, /*lanes=*/1);
}

double Share(double part, double whole) { return whole > 0 ? part / whole : 0; }

// The smallest that `share` of all do not exceed (nearest rank).
MonoDuration Percentile(const std::vector<MonoDuration>& sorted, double share) {
  if (sorted.empty()) return MonoDuration::zero();
  const double rank = std::ceil(share * static_cast<double>(sorted.size()));
  return sorted[std::max<size_t>(1, static_cast<size_t>(rank)) - 1];
}

class Count {
 public:
  Count(const Record& record, const Workload& workload, const Part& part)
      : record_(record), workload_(workload), part_(part) {
    if (record.requests.empty()) return;
    begin_ = record.requests[record.requests.size() / 10].arrived;
    end_ = record.requests.back().arrived;
  }

  Figures Make() {
    for (const Request& request : record_.requests) Add(request);
    for (const Record::Run& run : record_.runs) Add(run);
    const double seconds = ToSeconds(end_ - begin_) * workload_.lanes;
    const int64_t accepted = figures_.offered - figures_.rejected;
    const auto good = static_cast<double>(figures_.good);
    figures_.goodput = Share(good_seconds_, seconds);
    figures_.lane_share = Share(run_seconds_, seconds);
    figures_.mean_batch =
        Share(static_cast<double>(rows_), static_cast<double>(runs_));
    figures_.good_share = Share(good, static_cast<double>(figures_.offered));
    figures_.in_time = Share(good, static_cast<double>(accepted));
    AddPercentiles();
    return figures_;
  }

 private:
  void Add(const Request& request) {
    if (request.arrived < begin_) return;
    if (request.model != part_.model.value_or(request.model)) return;
    if (request.stream != part_.stream.value_or(request.stream)) return;
    ++figures_.offered;
    if (request.outcome == Outcome::kRejected) ++figures_.rejected;
    if (request.outcome == Outcome::kExpired) ++figures_.expired;
    if (request.outcome != Outcome::kAnswered) return;
    latencies_.push_back(request.ended - request.arrived);
    if (!request.is_good()) {
      ++figures_.late;
      return;
    }
    ++figures_.good;
    const Model& model = workload_.models[request.model];
    good_seconds_ += FullBatchSeconds(model, request.rows);
  }

  void Add(const Record::Run& run) {
    if (part_.stream || run.begin < begin_ || run.begin > end_) return;
    if (run.model != part_.model.value_or(run.model)) return;
    ++runs_;
    rows_ += run.rows;
    run_seconds_ += ToSeconds(run.took);
  }

  void AddPercentiles() {
    std::sort(latencies_.begin(), latencies_.end());
    figures_.p50 = Percentile(latencies_, 0.5);
    figures_.p99 = Percentile(latencies_, 0.99);
    figures_.p999 = Percentile(latencies_, 0.999);
  }

  const Record& record_;
  const Workload& workload_;
  const Part part_;
  MonoTime begin_;
  MonoTime end_;
  Figures figures_;
  double good_seconds_ = 0;
  double run_seconds_ = 0;
  int64_t runs_ = 0;
  int64_t rows_ = 0;
  std::vector<MonoDuration> latencies_;
};

}  // namespace

Figures FiguresOf(const Record& record, const Workload& workload,
                  const Part& part) {
  return Count(record, workload, part).Make();
}

Record Simulate(const char* policy, const Workload& workload) {
  return Simulation(workload, MakePolicy(policy, workload).get()).Simulate();
}

}  // namespace sconce::simulator

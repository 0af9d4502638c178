#include "client/loadtest/measure/record.h"

#include <algorithm>

namespace sconce::load {

void Counts::Merge(const Counts& other) {
  unsent += other.unsent;
  for (const auto& [code, count] : other.codes) codes[code] += count;
  good += other.good;
  rejected += other.rejected;
  lost += other.lost;
  checked += other.checked;
  wrong += other.wrong;
  latency.Merge(other.latency);
}

void Record::Merge(const Record& other) {
  total.Merge(other.total);
  entries.resize(std::max(entries.size(), other.entries.size()));
  for (size_t i = 0; i < other.entries.size(); ++i) {
    entries[i].Merge(other.entries[i]);
  }
  throughput.answered += other.throughput.answered;
  throughput.ok += other.throughput.ok;
  throughput.good += other.throughput.good;
  rejection.Merge(other.rejection);
  send_lag.Merge(other.send_lag);
  server_queue.Merge(other.server_queue);
  server_compute.Merge(other.server_compute);
  faults.insert(faults.end(), other.faults.begin(), other.faults.end());
  if (faults.size() > kMostFaults) faults.resize(kMostFaults);
  errors.insert(other.errors.begin(), other.errors.end());
  series.Merge(other.series);
}

}  // namespace sconce::load

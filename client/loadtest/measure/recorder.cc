#include "client/loadtest/measure/recorder.h"

#include <utility>

#include "client/loadtest/measure/code_name.h"
#include "client/loadtest/measure/error_origin.h"

namespace sconce::load {
namespace {

bool IsOk(const Outcome& outcome) {
  return outcome.code == grpc::StatusCode::OK;
}

bool IsLost(const Outcome& outcome) {
  return MadeByClient(outcome.code, outcome.error);
}

// By the server, or by what stands before it.
bool IsRejected(const Outcome& outcome) {
  return IsRejection(outcome.code) && !IsLost(outcome);
}

}  // namespace

Recorder::Recorder(Window window, size_t entries, std::chrono::nanoseconds slo)
    : window_(window), slo_(slo) {
  record_.entries.resize(entries);
}

void Recorder::AddUnsent(Outcome::Time due, size_t entry) {
  if (!InWindow(due)) return;
  ++record_.entries[entry].unsent;
  ++BinOf(due).due;
}

void Recorder::Add(const Outcome& outcome) {
  AddToThroughput(outcome);
  if (!InWindow(outcome.due)) return;
  record_.send_lag.Add(outcome.sent - outcome.due);
  if (IsRejected(outcome)) {
    record_.rejection.Add(outcome.done - outcome.due);
  }
  if (outcome.server) {
    record_.server_queue.Add(outcome.server->queue);
    record_.server_compute.Add(outcome.server->compute);
  }
  AddToEntry(outcome);
  AddToSeries(outcome);
  AddFault(outcome);
  if (!IsOk(outcome)) {
    record_.errors.try_emplace(CodeName(outcome.code), outcome.error);
  }
}

void Recorder::AddToThroughput(const Outcome& outcome) {
  if (!InWindow(outcome.done) || IsLost(outcome)) return;
  ++record_.throughput.answered;
  record_.throughput.ok += IsOk(outcome);
  record_.throughput.good += IsGood(outcome);
}

void Recorder::AddToEntry(const Outcome& outcome) {
  Counts& counts = record_.entries[outcome.entry];
  ++counts.codes[CodeName(outcome.code)];
  counts.good += IsGood(outcome);
  counts.rejected += IsRejected(outcome);
  counts.lost += IsLost(outcome);
  counts.checked += outcome.checked;
  counts.wrong += outcome.fault.has_value();
  if (IsOk(outcome)) counts.latency.Add(outcome.done - outcome.due);
}

void Recorder::AddToSeries(const Outcome& outcome) {
  SeriesBin& bin = BinOf(outcome.due);
  ++bin.due;
  ++bin.sent;
  bin.good += IsGood(outcome);
  if (IsOk(outcome)) {
    ++bin.ok;
    bin.latency.Add(outcome.done - outcome.due);
  } else {
    ++(IsRejected(outcome) ? bin.rejected : bin.failed);
  }
}

void Recorder::AddFault(const Outcome& outcome) {
  if (outcome.fault && record_.faults.size() < kMostFaults) {
    record_.faults.push_back(*outcome.fault);
  }
}

Record Recorder::Take() {
  for (const Counts& entry : record_.entries) record_.total.Merge(entry);
  return std::move(record_);
}

bool Recorder::InWindow(Outcome::Time due) const {
  return window_.begin <= due && due < window_.end;
}

bool Recorder::IsGood(const Outcome& outcome) const {
  const bool in_time =
      slo_ == slo_.zero() || outcome.done - outcome.due <= slo_;
  return IsOk(outcome) && !outcome.fault && in_time;
}

SeriesBin& Recorder::BinOf(Outcome::Time due) {
  return record_.series.At(due - window_.begin);
}

}  // namespace sconce::load

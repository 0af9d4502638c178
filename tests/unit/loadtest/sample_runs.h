// Results of runs that never were, for the tests of the report.
#ifndef TESTS_UNIT_LOADTEST_SAMPLE_RUNS_H_
#define TESTS_UNIT_LOADTEST_SAMPLE_RUNS_H_

#include <string>

#include "client/loadtest/measure/recorder.h"
#include "client/loadtest/measure/run_result.h"

namespace sconce::load {

inline const Outcome::Time kSampleBegin{std::chrono::hours(7)};

inline RunSetup SampleSetup() {
  RunSetup setup;
  setup.target = "127.0.0.1:8001";
  setup.mode = "open";
  setup.arrivals = "poisson 100/s";
  setup.entries = {"net"};
  setup.weights = {1};
  setup.payloads = {{8, "golden example 'ones'", 131.5}};
  setup.rate = 100;
  setup.timeout_seconds = 60;
  setup.check_every = 10;
  setup.max_outstanding = 200000;
  setup.slo = std::chrono::milliseconds(50);
  setup.warmup_seconds = 1;
  return setup;
}

inline Recorder SampleRecorder(const RunSetup& setup, int seconds = 10) {
  return Recorder({kSampleBegin, kSampleBegin + std::chrono::seconds(seconds)},
                  setup.entries.size(), setup.slo);
}

// Due at `due`, sent on time, done `latency` later.
inline Outcome SampleOutcome(std::chrono::nanoseconds due,
                             std::chrono::nanoseconds latency,
                             grpc::StatusCode code = grpc::StatusCode::OK) {
  Outcome outcome;
  outcome.due = kSampleBegin + due;
  outcome.sent = outcome.due + std::chrono::microseconds(20);
  outcome.done = outcome.due + latency;
  outcome.code = code;
  return outcome;
}

// Ten seconds of 100 requests each: the last two of a second are rejected, the
// others take 1, 2, … 98 ms, with a server that tells its times.
inline RunResult SampleRun() {
  RunResult result;
  result.setup = SampleSetup();
  result.started = "2026-11-22T13:00:00Z";
  result.window_seconds = 10;
  result.client_cpu_seconds = 0.4;
  Recorder recorder = SampleRecorder(result.setup);
  for (int i = 0; i < 1000; ++i) {
    const auto due = std::chrono::milliseconds(10 * i);
    const std::chrono::milliseconds latency(i % 100 + 1);
    Outcome outcome = SampleOutcome(due, latency);
    if (i % 100 >= 98) outcome.code = grpc::StatusCode::RESOURCE_EXHAUSTED;
    outcome.server = ServerTimes{latency / 4, latency / 2};
    outcome.checked = i % 100 == 0;
    recorder.Add(outcome);
  }
  result.record = recorder.Take();
  result.server = ServerUse{1.2, 0.1, 0.9, 980};
  return result;
}

}  // namespace sconce::load

#endif  // TESTS_UNIT_LOADTEST_SAMPLE_RUNS_H_

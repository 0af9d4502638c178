// Record: the figures of one load, before anything is concluded from them.
#ifndef CLIENT_LOADTEST_MEASURE_RECORD_H_
#define CLIENT_LOADTEST_MEASURE_RECORD_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "client/loadtest/measure/histogram.h"
#include "client/loadtest/measure/time_series.h"

namespace sconce::load {

// As many wrong answers are told in words.
inline constexpr size_t kMostFaults = 10;

// Counts of one entry of the mix, or of all together. Every request that was
// due within the window is in exactly one of `unsent` and `codes`.
struct Counts {
  int64_t unsent = 0;
  std::map<std::string, int64_t> codes;  // by gRPC's name: "OK"
  int64_t good = 0;      // OK, not known to be wrong, and within the SLO
  int64_t rejected = 0;  // by the server: RESOURCE_EXHAUSTED and UNAVAILABLE
  int64_t lost = 0;      // given up by this program's own gRPC
  int64_t checked = 0;
  int64_t wrong = 0;
  Histogram latency;  // of OK answers, from the due time

  void Merge(const Counts& other);
};

// Answers that came within the window, whenever their requests were due: what
// the server did in that time. Under overload it is less than what was due.
struct Throughput {
  int64_t answered = 0;  // by the server, with whatever code
  int64_t ok = 0;
  int64_t good = 0;
};

struct Record {
  Counts total;
  std::vector<Counts> entries;  // as the mix has them
  Throughput throughput;
  Histogram rejection;     // of those that were rejected
  Histogram send_lag;      // sent - due, of all that were sent
  Histogram server_queue;  // of answers that tell
  Histogram server_compute;
  std::vector<std::string> faults;  // the first kMostFaults, of any entry
  std::map<std::string, std::string> errors;  // by code: the first one's text
  TimeSeries series;                          // per second, and blocks of time

  // Of another thread or window of the same mix.
  void Merge(const Record& other);
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_MEASURE_RECORD_H_

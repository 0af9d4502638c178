// Recorder: collects the outcomes of one thread.
#ifndef CLIENT_LOADTEST_MEASURE_RECORDER_H_
#define CLIENT_LOADTEST_MEASURE_RECORDER_H_

#include <chrono>
#include <cstddef>

#include "client/loadtest/measure/outcome.h"
#include "client/loadtest/measure/record.h"

namespace sconce::load {

// Which requests count: those due in [begin, end).
struct Window {
  Outcome::Time begin;
  Outcome::Time end;
};

// Memory does not grow with the number of requests. One thread at a time; each
// thread that receives answers has its own, and they are merged at the end.
class Recorder {
 public:
  // `entries`: how many the mix has; `slo`: 0 when there is none.
  Recorder(Window window, size_t entries, std::chrono::nanoseconds slo);

  // A request that was due and not sent, since as many as are allowed were
  // under way.
  void AddUnsent(Outcome::Time due, size_t entry);

  // Outcomes that are not due within the window only count for the throughput.
  void Add(const Outcome& outcome);

  // What was collected; the recorder is of no use afterwards.
  Record Take();

 private:
  bool InWindow(Outcome::Time due) const;
  bool IsGood(const Outcome& outcome) const;
  void AddToThroughput(const Outcome& outcome);
  void AddToEntry(const Outcome& outcome);
  void AddToSeries(const Outcome& outcome);
  void AddFault(const Outcome& outcome);
  SeriesBin& BinOf(Outcome::Time due);

  const Window window_;
  const std::chrono::nanoseconds slo_;
  Record record_;  // without the total, which Take() adds up
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_MEASURE_RECORDER_H_

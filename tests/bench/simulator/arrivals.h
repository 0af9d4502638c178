// Arrivals: the requests of a workload in the order in which they come.
#ifndef TESTS_BENCH_SIMULATOR_ARRIVALS_H_
#define TESTS_BENCH_SIMULATOR_ARRIVALS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "server/base/clock.h"
#include "tests/bench/simulator/request.h"
#include "tests/bench/simulator/run_times.h"
#include "tests/bench/simulator/workload.h"

namespace sconce::simulator {

// The same for each policy: a stream's requests depend on the seed only.
// Borrows the workload.
class Arrivals {
 public:
  explicit Arrivals(const Workload& workload);

  // When the next one comes.
  MonoTime next() const { return streams_[first_].next; }

  // Makes the next one, at the end of `requests`.
  Request* Make(std::deque<Request>* requests);

 private:
  struct State {
    Random random;
    MonoTime next;
    int64_t made = 0;
  };

  // Draws the time of the next request of stream `i` after `now`.
  void Advance(size_t i, MonoTime now);
  MonoDuration DrawTime(const Stream& stream, Random* random) const;
  void FindFirst();

  const Workload& workload_;
  std::vector<State> streams_;
  size_t first_ = 0;  // the stream whose request comes next
};

}  // namespace sconce::simulator

#endif  // TESTS_BENCH_SIMULATOR_ARRIVALS_H_

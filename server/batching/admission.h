// Admission: whether a request can be answered by its deadline, told when it
// arrives.
#ifndef SERVER_BATCHING_ADMISSION_H_
#define SERVER_BATCHING_ADMISSION_H_

#include <cstdint>

#include "server/base/clock.h"

namespace sconce {

// What the lanes have to do before a request gets its turn, in predicted lane
// time: what it typically takes, since it will not all be slow at once.
struct WorkAhead {
  int lanes = 1;
  bool lane_is_free = true;
  MonoDuration running = MonoDuration::zero();  // left of what runs
  // Queued before it in its own queue, as batches that are full.
  MonoDuration own = MonoDuration::zero();
  int64_t own_weight = 1;  // of its share, as FairShare says
  // Queued in others that share the lanes, and the sum of their weights.
  MonoDuration others = MonoDuration::zero();
  int64_t other_weights = 0;
};

// Measured times vary: in simulations with 15 % noise (tests/bench/simulate.py)
// 99 % of what is admitted is in time with this margin at five times the load
// that can be served, 98 % with 15; with more the goodput falls where deadlines
// are tight.
constexpr int kAdmissionMarginPercent = 20;

// The latest that a batch of `batch`, the request's own and nearly the slowest
// of its size, begins. Lanes take work as soon as they are free, and queues
// share them by weight: while a queue waits for its own work, each other one of
// the same weight gets no more than the same, nor all of them more than twice
// what waits there.
MonoDuration WorstCaseWait(const WorkAhead& ahead, MonoDuration batch);

// How much too late, with the margin, a request would be answered whose
// deadline is in `left`; zero or less: in time.
MonoDuration Lateness(const WorkAhead& ahead, MonoDuration batch,
                      MonoDuration left);

}  // namespace sconce

#endif  // SERVER_BATCHING_ADMISSION_H_

// The batching decision, as a pure function of what waits.
#ifndef SERVER_BATCHING_BATCH_POLICY_H_
#define SERVER_BATCHING_BATCH_POLICY_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"

#include "server/base/clock.h"
#include "server/batching/latency_model.h"

namespace sconce {

// A request as the policy sees it.
struct WaitingRequest {
  int64_t rows = 1;
  MonoTime enqueued;
  MonoTime deadline = kNoDeadline;
  bool stackable = true;  // whether it may share a batch
};

struct BatchRules {
  int64_t max_rows = 0;  // of one batch; 0: requests are not merged

  // How long a request may wait for others although a lane is free; zero:
  // never. With it, a batch of a preferred size does not wait (ascending;
  // empty: only a full one does not).
  MonoDuration max_delay = MonoDuration::zero();
  std::vector<int64_t> preferred_rows;

  // What requests have from their arrival to their answer; zero: no limit. A
  // batch then takes at most half of it: a request may just have missed one
  // (2 l(b) <= SLO, Nexus).
  MonoDuration slo = MonoDuration::zero();
};

struct BatchChoice {
  absl::InlinedVector<size_t, 16> taken;  // of the waiting, ascending
  MonoTime look_again = kNoDeadline;      // when nothing is taken for now
};

// The rows that one batch may have: `rules.max_rows`, or as many fewer as the
// SLO wants, or as are worth merging where no delay is asked for; at least one.
int64_t RowLimit(const BatchRules& rules, const LatencyModel& latencies);

// Which of `waiting`, requests of one bucket in the order of their turns, run
// now. As many from the front as one batch holds, but
//  - those that a batch of this size would typically answer too late are passed
//    over where others fill their place, so that overload does not make every
//    batch late (the sliding window of Nexus, SOSP'19);
//  - else the batch is made so small that it ends in time, if any is.
// What is too late for any batch should not be among `waiting`.
BatchChoice ChooseBatch(absl::Span<const WaitingRequest> waiting,
                        const BatchRules& rules, const LatencyModel& latencies,
                        MonoTime now);

// Whether a run that starts at `now` is over too late for `request`, however
// fast it is.
bool IsHopeless(const WaitingRequest& request, const LatencyModel& latencies,
                MonoTime now);

// The request of a bucket that is next there.
struct BucketHead {
  int64_t priority = 0;  // lower goes first
  int64_t order = 0;     // in which the requests came
};

// Which bucket an idle lane serves first: the one whose head has the highest
// priority, then the one whose head came first, so that no shape starves
// another.
bool GoesBefore(const BucketHead& a, const BucketHead& b);

}  // namespace sconce

#endif  // SERVER_BATCHING_BATCH_POLICY_H_

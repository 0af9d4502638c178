// SimulatedLanes: LanePool without its threads.
#ifndef TESTS_BENCH_SIMULATOR_SIMULATED_LANES_H_
#define TESTS_BENCH_SIMULATOR_SIMULATED_LANES_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "server/base/clock.h"
#include "server/batching/admission.h"
#include "server/batching/fair_turns.h"

namespace sconce::simulator {

// Turns are asked for by a model's index. Turns that a receiving thread keeps
// for itself are not simulated: those batches are too short to be refused. One
// thread at a time.
class SimulatedLanes {
 public:
  using Turns = FairTurns<size_t>;

  explicit SimulatedLanes(int lanes);

  void RequestTurn(size_t model, Turn turn);
  void AddQueued(MonoDuration work, int64_t weights);
  WorkAhead Load(MonoTime now) const;
  int lanes() const { return static_cast<int>(busy_until_.size()); }

  // The turn that `lane` takes next; nothing: there is none.
  std::optional<Turns::Taken> Begin(size_t lane, MonoTime now);
  // When `lane` is expected to be free: the batch that it took may be another
  // than the one that the turn was asked for.
  void SetBusy(size_t lane, MonoTime until) { busy_until_[lane] = until; }
  void End(size_t lane, const Turn& turn, MonoDuration took);

 private:
  Turns turns_;
  MonoDuration queued_work_ = MonoDuration::zero();
  int64_t waiting_weights_ = 0;
  std::vector<MonoTime> busy_until_;
};

}  // namespace sconce::simulator

#endif  // TESTS_BENCH_SIMULATOR_SIMULATED_LANES_H_

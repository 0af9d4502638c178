// Policy: who is admitted and what runs next; what the simulator compares.
#ifndef TESTS_BENCH_SIMULATOR_POLICY_H_
#define TESTS_BENCH_SIMULATOR_POLICY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "server/base/clock.h"
#include "tests/bench/simulator/request.h"
#include "tests/bench/simulator/workload.h"

namespace sconce::simulator {

// One run of a model.
struct Run {
  size_t model = 0;
  std::vector<Request*> requests;  // none: nothing runs
  int64_t rows = 0;
};

// Ends each request that it does not hand to a lane. Calls come in the order of
// time.
class Policy {
 public:
  virtual ~Policy() = default;

  // `request` waits from now on, or is rejected.
  virtual void Arrive(Request* request, MonoTime now) = 0;

  // What `lane` is to run, which is free.
  virtual Run Next(size_t lane, MonoTime now) = 0;

  // `lane` has run what it was given, and is free.
  virtual void End(size_t lane, const Run& run, MonoDuration took) = 0;

  // When OnAlarm() is to be called.
  virtual MonoTime alarm() const { return kNoDeadline; }
  virtual void OnAlarm(MonoTime) {}
};

// fifo, timeout, early_drop (QueuePolicy) or sconce (SconcePolicy); null: there
// is no such policy. Borrows `workload`.
std::unique_ptr<Policy> MakePolicy(const std::string& name,
                                   const Workload& workload);

}  // namespace sconce::simulator

#endif  // TESTS_BENCH_SIMULATOR_POLICY_H_

// Request: one simulated request, and what became of it.
#ifndef TESTS_BENCH_SIMULATOR_REQUEST_H_
#define TESTS_BENCH_SIMULATOR_REQUEST_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/base/clock.h"
#include "server/core/infer_task.h"

namespace sconce::simulator {

enum class Outcome {
  kWaits,     // or runs
  kAnswered,  // in time or not
  kRejected,  // when it came
  kExpired,   // accepted, but dropped from the queue
};

// Belongs to the simulation. The policy and the lanes set its outcome.
class Request : public InferTask {
 public:
  Request(size_t of_model, size_t of_stream, int64_t of_shape)
      : model(of_model), stream(of_stream), shape(of_shape) {
    inputs.emplace_back();  // the queue looks for a tensor that has rows
  }

  bool IsCancelled() const override { return false; }
  void Finish(absl::StatusOr<std::vector<OutputTensor>>) override {}

  void End(Outcome what, MonoTime when) {
    outcome = what;
    ended = when;
  }
  bool is_good() const {
    return outcome == Outcome::kAnswered && ended <= deadline;
  }

  const size_t model;
  const size_t stream;
  const int64_t shape;
  MonoTime arrived;
  Outcome outcome = Outcome::kWaits;
  MonoTime ended;
};

}  // namespace sconce::simulator

#endif  // TESTS_BENCH_SIMULATOR_REQUEST_H_

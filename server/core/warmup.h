// WarmUp: runs a servable on an example before clients see it.
#ifndef SERVER_CORE_WARMUP_H_
#define SERVER_CORE_WARMUP_H_

#include <chrono>
#include <cstdint>
#include <memory>

#include "server/base/clock.h"
#include "server/core/infer_task.h"
#include "server/core/servable.h"
#include "server/core/waiting_task.h"

namespace sconce {

struct WarmUpLimits {
  int64_t most_rows = 1;  // of a request
  int at_once = 1;        // requests of each size, so that each lane has one
  // The first size that takes longer is the last: there, what a first run costs
  // is lost. On the CPU LibTorch needs some milliseconds for a new size.
  MonoDuration long_run = std::chrono::milliseconds(200);
};

// Sends `example`, whose inputs are those of a checked request, and where there
// may be more rows requests of 2, 4, 8 … times its rows, through the ordinary
// path, and waits for the answers. That pays the first-run costs and teaches
// the signature the outputs. A model that fails on the example is not at fault:
// the outcome is logged at debug level only, and ends the warm-up. Returns the
// largest of these factors that was answered well; 0 when none was.
int64_t WarmUp(Servable* servable, const InferTask& example,
               const WarmUpLimits& limits, const Clock* clock = Clock::Real());

// `example` with its rows repeated so many times.
std::unique_ptr<WaitingTask> RepeatRows(const InferTask& example,
                                        int64_t times);

}  // namespace sconce

#endif  // SERVER_CORE_WARMUP_H_

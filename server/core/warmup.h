// WarmUp: runs a servable on an example before clients see it.
#ifndef SERVER_CORE_WARMUP_H_
#define SERVER_CORE_WARMUP_H_

#include <cstdint>

#include "server/base/clock.h"
#include "server/core/infer_task.h"
#include "server/core/servable.h"

namespace sconce {

// Sends `example`, whose inputs are those of a checked request, and where
// `most_rows` allows it requests of 2, 4, 8 … times its rows, through the
// ordinary path, and waits for the answers. `at_once` of each size are sent at
// the same time, so that each lane has one. That pays the first-run costs and
// teaches the signature the outputs. Ends early with a size that takes long
// enough to hide such costs. A model that fails on the example is not at fault:
// the outcome is logged at debug level only, and ends the warm-up.
void WarmUp(Servable* servable, const InferTask& example, int64_t most_rows,
            int at_once, const Clock* clock = Clock::Real());

}  // namespace sconce

#endif  // SERVER_CORE_WARMUP_H_

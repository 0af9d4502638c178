// ExecutionLimit: how long a run may take, and who hears of one that does not
// return.
#ifndef SERVER_RUNTIME_EXECUTION_LIMIT_H_
#define SERVER_RUNTIME_EXECUTION_LIMIT_H_

#include <cstdint>

#include "server/base/clock.h"
#include "server/core/suspension.h"

namespace sconce {

struct ExecutionLimit {
  // Of one run, up to the next round of a loop; zero is no limit.
  MonoDuration time = MonoDuration::zero();
  // Bytes that the tensors of one run may take beside its inputs; 0 is no
  // limit.
  int64_t memory = 0;
  // Of a model with an operator that has not returned so far.
  SuspensionListener listener;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_EXECUTION_LIMIT_H_

// LoadStep: one step of a load that is over.
#ifndef SERVER_CORE_LOAD_STEP_H_
#define SERVER_CORE_LOAD_STEP_H_

#include <string>
#include <vector>

#include "server/base/clock.h"

namespace sconce {

struct LoadStep {
  std::string name;  // "recognize", "loading", "warming up" …
  MonoDuration took = MonoDuration::zero();
};

// In the order in which they were done; the last may have failed.
using LoadSteps = std::vector<LoadStep>;

}  // namespace sconce

#endif  // SERVER_CORE_LOAD_STEP_H_

// Placement: where a model wants to run.
#ifndef SERVER_CORE_PLACEMENT_H_
#define SERVER_CORE_PLACEMENT_H_

#include <vector>

namespace sconce {

struct Placement {
  enum class Kind { kAuto, kCpu, kGpu };

  // Auto: on devices where there are any.
  Kind kind = Kind::kAuto;
  std::vector<int> gpus;  // indices of devices; empty: all that are used
  // Lanes of each device that may run it at the same time; 0: all. Of no
  // effect on the processors.
  int count = 0;
};

}  // namespace sconce

#endif  // SERVER_CORE_PLACEMENT_H_

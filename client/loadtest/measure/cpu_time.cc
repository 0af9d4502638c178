#include "client/loadtest/measure/cpu_time.h"

#include <ctime>

namespace sconce::load {

std::chrono::nanoseconds CpuTime() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) +
         std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace sconce::load

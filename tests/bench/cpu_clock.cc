#include "tests/bench/cpu_clock.h"

#include <ctime>
#include <system_error>

namespace sconce::bench {

std::chrono::nanoseconds ProcessCpuTime(pid_t pid) {
  clockid_t clock;
  int error = clock_getcpuclockid(pid, &clock);
  timespec used{};
  if (error == 0 && clock_gettime(clock, &used) != 0) error = errno;
  if (error != 0) {
    throw std::system_error(error, std::generic_category(),
                            "CPU time of process " + std::to_string(pid));
  }
  return std::chrono::seconds(used.tv_sec) +
         std::chrono::nanoseconds(used.tv_nsec);
}

std::chrono::nanoseconds CpuTimeOf(const std::vector<pid_t>& pids) {
  std::chrono::nanoseconds sum(0);
  for (const pid_t pid : pids) sum += ProcessCpuTime(pid);
  return sum;
}

}  // namespace sconce::bench

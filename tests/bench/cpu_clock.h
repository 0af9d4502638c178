// CPU time of a process: the measure that survives a busy machine.

#ifndef TESTS_BENCH_CPU_CLOCK_H_
#define TESTS_BENCH_CPU_CLOCK_H_

#include <sys/types.h>

#include <chrono>
#include <vector>

namespace sconce::bench {

// User and system time that all threads of process `pid` have used, those that
// have ended included; 0 means this process. Exact to the nanosecond, unlike
// the clock ticks of /proc/PID/stat. Throws std::system_error when there is no
// such process.
std::chrono::nanoseconds ProcessCpuTime(pid_t pid = 0);

// The sum of several, 0 of none: a server may have processes that help it.
std::chrono::nanoseconds CpuTimeOf(const std::vector<pid_t>& pids);

}  // namespace sconce::bench

#endif  // TESTS_BENCH_CPU_CLOCK_H_

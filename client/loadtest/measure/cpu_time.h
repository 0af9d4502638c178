// CPU time of this process.
#ifndef CLIENT_LOADTEST_MEASURE_CPU_TIME_H_
#define CLIENT_LOADTEST_MEASURE_CPU_TIME_H_

#include <chrono>

namespace sconce::load {

// User and system time that all its threads have used, those that have ended
// included. Thread-safe.
std::chrono::nanoseconds CpuTime();

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_MEASURE_CPU_TIME_H_

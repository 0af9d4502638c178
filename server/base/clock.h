// Clock: where the server gets the time from, so that tests can own it.
#ifndef SERVER_BASE_CLOCK_H_
#define SERVER_BASE_CLOCK_H_

#include <chrono>
#include <cstdint>

namespace sconce {

// Times inside the server are monotonic; wall-clock time only enters a log
// line or a statistic that a person reads.
using MonoTime = std::chrono::steady_clock::time_point;
using MonoDuration = std::chrono::steady_clock::duration;

// A deadline that never passes.
inline constexpr MonoTime kNoDeadline = MonoTime::max();

inline int64_t ToNanoseconds(MonoDuration d) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(d).count();
}

inline double ToSeconds(MonoDuration d) {
  return std::chrono::duration<double>(d).count();
}

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonoTime Now() const = 0;

  // The machine's clock; lives as long as the process.
  static const Clock* Real();
};

}  // namespace sconce

#endif  // SERVER_BASE_CLOCK_H_

// FakeClock: a clock that a test moves.
#ifndef TESTS_SUPPORT_FAKE_CLOCK_H_
#define TESTS_SUPPORT_FAKE_CLOCK_H_

#include <atomic>

#include "server/base/clock.h"

namespace sconce {

// Starts at an arbitrary time and stands still. Thread-safe.
class FakeClock : public Clock {
 public:
  MonoTime Now() const override { return MonoTime(MonoDuration(now_.load())); }

  void Advance(MonoDuration d) { now_ += d.count(); }

 private:
  std::atomic<MonoDuration::rep> now_ = 1'000'000'000;
};

}  // namespace sconce

#endif  // TESTS_SUPPORT_FAKE_CLOCK_H_

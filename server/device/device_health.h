// DeviceHealth: hears of a device that failed, once.
#ifndef SERVER_DEVICE_DEVICE_HEALTH_H_
#define SERVER_DEVICE_DEVICE_HEALTH_H_

#include <atomic>
#include <functional>
#include <utility>

#include "absl/status/status.h"

namespace sconce {

// A failed device answers nothing more, and what it computed last may be wrong,
// so the process has to end. Thread-safe.
class DeviceHealth {
 public:
  // Called for the first failure only, on the thread that found it, which
  // still has requests to answer: it returns soon.
  using Listener = std::function<void(const absl::Status& failure)>;

  explicit DeviceHealth(Listener on_failure)
      : on_failure_(std::move(on_failure)) {}

  // Passes `status` on; a DeviceFailure is told to the listener.
  absl::Status Note(absl::Status status);

  bool failed() const { return failed_; }

 private:
  const Listener on_failure_;
  std::atomic<bool> failed_ = false;
};

}  // namespace sconce

#endif  // SERVER_DEVICE_DEVICE_HEALTH_H_

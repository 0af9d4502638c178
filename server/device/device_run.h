// DeviceRun: one batch on its way through a lane.
#ifndef SERVER_DEVICE_DEVICE_RUN_H_
#define SERVER_DEVICE_DEVICE_RUN_H_

#include <cstddef>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/types/span.h"

#include "server/device/device_seat.h"

namespace sconce {

struct DeviceCopy {
  const void* device;
  void* host;  // from Device::AllocateHost()
  size_t bytes;
};

// Staging()->Begin(), Add() -> Upload() -> Compute() -> Download() -> Wait().
// No step but Wait() waits for the device, and that one sleeps. Memory that a
// step was given is in use until Wait() returns; the destructor waits when
// nobody has, so that an error on the way frees nothing too early. Each step
// may be called again, before and after Wait(), and begins on the device when
// the one before it is done. A DeviceFailure is told to the lane's
// DeviceHealth, and ends every wait. For the thread whose seat it is.
class DeviceRun {
 public:
  // `seat` is borrowed. REQUIRES: no other run has it.
  DeviceRun(DeviceSeat* seat, StreamPriority priority)
      : seat_(seat), priority_(priority) {}
  ~DeviceRun();
  DeviceRun(const DeviceRun&) = delete;
  DeviceRun& operator=(const DeviceRun&) = delete;

  Staging* staging() { return seat_->staging(); }

  // Copies what was added to the staging memory.
  absl::Status Upload();

  // Calls `body`, whose operators become work of the compute stream, in the
  // lane's turn. Returns what `body` does.
  absl::Status Compute(absl::FunctionRef<absl::Status()> body);

  // Copies what Compute() made. After an error the rest is not copied.
  absl::Status Download(absl::Span<const DeviceCopy> copies);

  // Until all of it is done. Then the lane is told how long it computed.
  absl::Status Wait();

 private:
  DeviceLane* lane() const { return seat_->lane(); }
  absl::Status Note(absl::Status status) const;

  // Has `add` add work to `stream`, to begin after what the run did so far and
  // to be done when `event` is.
  absl::Status Step(DeviceStream* stream, DeviceEvent* event,
                    absl::FunctionRef<absl::Status()> add);
  absl::Status WaitForLast();
  absl::Status TellTime();

  DeviceSeat* const seat_;
  const StreamPriority priority_;
  // When it is done, all of the run is. Null: there is nothing to wait for.
  DeviceEvent* last_ = nullptr;
  // Some work may go on after `last_`.
  bool untracked_ = false;
  // Whether begun() and computed() are of this run.
  bool timed_ = false;
};

}  // namespace sconce

#endif  // SERVER_DEVICE_DEVICE_RUN_H_

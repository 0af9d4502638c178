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
// nobody has, so that an error on the way frees nothing too early. A
// DeviceFailure is told to the lane's DeviceHealth. For the thread whose seat
// it is.
class DeviceRun {
 public:
  // `seat` is borrowed. REQUIRES: no other run has it.
  DeviceRun(DeviceSeat* seat, StreamPriority priority);
  ~DeviceRun();
  DeviceRun(const DeviceRun&) = delete;
  DeviceRun& operator=(const DeviceRun&) = delete;

  Staging* staging() { return seat_->staging(); }

  // Copies what was added to the staging memory; Compute() comes after it.
  absl::Status Upload();

  // Calls `body`, whose operators become work of the compute stream, in the
  // lane's turn. May be called again, with an error in between, too.
  absl::Status Compute(absl::FunctionRef<absl::Status()> body);

  // Copies what Compute() made, when it is made.
  absl::Status Download(absl::Span<const DeviceCopy> copies);

  // Until all of it is done.
  absl::Status Wait();

 private:
  DeviceLane* lane() const { return seat_->lane(); }
  absl::Status Note(absl::Status status) const;

  DeviceSeat* const seat_;
  const StreamPriority priority_;
  bool in_flight_ = false;
};

}  // namespace sconce

#endif  // SERVER_DEVICE_DEVICE_RUN_H_

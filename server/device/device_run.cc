#include "server/device/device_run.h"

#include <utility>

#include "server/base/status_macros.h"
#include "server/device/device_error.h"

namespace sconce {

// The answers have been given: whoever returned early has the error that
// matters, and a failure of the device has been noted.
DeviceRun::~DeviceRun() { Wait().IgnoreError(); }

absl::Status DeviceRun::Upload() {
  return Note(Step(lane()->copy_in(), seat_->copied_in(), [this] {
    const Staging::Place from = staging()->all();
    const size_t bytes = staging()->used();
    if (bytes == 0) return absl::OkStatus();
    return lane()->copy_in()->CopyIn(from.host, from.device, bytes);
  }));
}

absl::Status DeviceRun::Compute(absl::FunctionRef<absl::Status()> body) {
  DeviceStream* stream = lane()->compute(priority_);
  absl::Status status;
  {
    // The event too is recorded in the turn: after it the next batch's
    // operators may stand before the event.
    MutexLock turn(lane()->compute_turn());
    status = Step(stream, seat_->computed(), [&] {
      RETURN_IF_ERROR(stream->Record(seat_->begun()));
      return stream->Run(body);
    });
    timed_ = status.ok();
  }
  return Note(std::move(status));
}

absl::Status DeviceRun::Download(absl::Span<const DeviceCopy> copies) {
  DeviceStream* stream = lane()->copy_out();
  return Note(Step(stream, seat_->copied_out(), [&] {
    for (const DeviceCopy& copy : copies) {
      RETURN_IF_ERROR(stream->CopyOut(copy.device, copy.host, copy.bytes));
    }
    return absl::OkStatus();
  }));
}

absl::Status DeviceRun::Step(DeviceStream* stream, DeviceEvent* event,
                             absl::FunctionRef<absl::Status()> add) {
  // Its own event: the same stream, which keeps the order by itself.
  if (last_ != nullptr && last_ != event) {
    RETURN_IF_ERROR(stream->WaitFor(last_));
  }
  absl::Status added = add();
  // Also after an error: something may have been added before it.
  const absl::Status recorded = stream->Record(event);
  if (!recorded.ok()) {
    untracked_ = true;
    return added.ok() ? recorded : added;
  }
  last_ = event;
  return added;
}

absl::Status DeviceRun::Wait() {
  absl::Status status = WaitForLast();
  if (untracked_ || (!status.ok() && !IsDeviceFailure(status))) {
    // No event tells when the work is done, only the device as a whole does. A
    // lane may wait for that once: it is better than memory freed too early.
    const absl::Status all = lane()->device()->Synchronize();
    if (status.ok()) status = all;
  }
  if (status.ok() && timed_) status = TellTime();
  last_ = nullptr;
  untracked_ = timed_ = false;
  return Note(std::move(status));
}

absl::Status DeviceRun::WaitForLast() {
  if (last_ == nullptr) return absl::OkStatus();
  return lane()->poller()->Wait(last_);
}

absl::Status DeviceRun::TellTime() {
  ASSIGN_OR_RETURN(const MonoDuration time,
                   seat_->computed()->TimeSince(seat_->begun()));
  lane()->AddExecution(time);
  return absl::OkStatus();
}

absl::Status DeviceRun::Note(absl::Status status) const {
  return lane()->health()->Note(std::move(status));
}

}  // namespace sconce

#include "tests/support/fake_device/fake_event.h"

#include "server/base/status_macros.h"

namespace sconce {

absl::StatusOr<bool> FakeEvent::IsDone() {
  on_ask_();
  RETURN_IF_ERROR(faults_->Check());
  return mark_ == nullptr || mark_->HasBeenNotified();
}

absl::StatusOr<MonoDuration> FakeEvent::TimeSince(DeviceEvent* begin) {
  RETURN_IF_ERROR(faults_->Check());
  const Mark& from = static_cast<FakeEvent*>(begin)->mark_;
  return mark_->time - from->time;
}

}  // namespace sconce

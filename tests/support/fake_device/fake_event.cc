#include "tests/support/fake_device/fake_event.h"

#include "server/base/status_macros.h"

namespace sconce {

absl::StatusOr<bool> FakeEvent::IsDone() {
  on_ask_();
  RETURN_IF_ERROR(faults_->Check());
  return mark_ == nullptr || mark_->HasBeenNotified();
}

}  // namespace sconce

#include "server/device/device_error.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace sconce {
namespace {

// Its value is empty: that it is there says it.
constexpr char kPayload[] = "sconce/device-failure";

}  // namespace

absl::Status DeviceFailure(absl::string_view device, absl::string_view what) {
  absl::Status status = absl::InternalError(
      absl::StrCat("device '", device, "' failed: ", what,
                   "; the server ends and has to be started again"));
  status.SetPayload(kPayload, absl::Cord());
  return status;
}

bool IsDeviceFailure(const absl::Status& status) {
  return status.GetPayload(kPayload).has_value();
}

}  // namespace sconce

// DeviceFailure: the errors after which a device does nothing more.
#ifndef SERVER_DEVICE_DEVICE_ERROR_H_
#define SERVER_DEVICE_DEVICE_ERROR_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sconce {

// INTERNAL, with a payload by which IsDeviceFailure() knows it: "device
// 'cuda:0' failed: an illegal memory access was encountered; the server ends
// and has to be started again".
absl::Status DeviceFailure(absl::string_view device, absl::string_view what);

bool IsDeviceFailure(const absl::Status& status);

}  // namespace sconce

#endif  // SERVER_DEVICE_DEVICE_ERROR_H_

// DeviceChoice: the value of --device.
#ifndef SERVER_DEVICE_CHOICE_H_
#define SERVER_DEVICE_CHOICE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "server/device/device_backend.h"

namespace sconce {

struct DeviceChoice {
  enum class Kind { kAuto, kCpu, kCuda };

  // Auto: devices where there are any that work.
  Kind kind = Kind::kAuto;
  std::vector<int> indices;  // with kCuda; empty: all
};

// "auto", "cpu", "cuda", "cuda:0,1". INVALID_ARGUMENT: what is expected.
absl::StatusOr<DeviceChoice> DeviceChoiceOf(const std::string& text);

// Indices of the devices that are to be used, out of `count`.
// FAILED_PRECONDITION: one of them is not there.
absl::StatusOr<std::vector<int>> ChosenDevices(const DeviceChoice& choice,
                                               int count);

// Finds the devices and logs what they are, or why there are none. Null: the
// CPU alone. FAILED_PRECONDITION, NOT_FOUND: devices were asked for and cannot
// be had. REQUIRES: called before anything else uses LibTorch.
absl::StatusOr<DeviceBackend*> FindDevices(const DeviceChoice& choice);

}  // namespace sconce

#endif  // SERVER_DEVICE_CHOICE_H_

// What CUDA's error codes and LibTorch's error texts mean for a device.
#ifndef SERVER_RUNTIME_CUDA_ERROR_MEANING_H_
#define SERVER_RUNTIME_CUDA_ERROR_MEANING_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sconce {

// Needs neither CUDA nor LibTorch, so that tests can be without them.

// Whether the process can use the device no more after this cudaError_t: every
// later call fails as well ("sticky").
bool EndsDevice(int code);

// RESOURCE_EXHAUSTED; names the bytes that were asked for when LibTorch's
// `text` does ("CUDA out of memory. Tried to allocate 20.00 MiB. …").
absl::Status DeviceOutOfMemory(absl::string_view device,
                               absl::string_view text);

// INTERNAL, with what a client may see of `text`: its first line, no path.
absl::Status DeviceError(absl::string_view device, absl::string_view text);

}  // namespace sconce

#endif  // SERVER_RUNTIME_CUDA_ERROR_MEANING_H_

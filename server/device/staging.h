// Staging: the memory through which the inputs of a batch reach a device.
#ifndef SERVER_DEVICE_STAGING_H_
#define SERVER_DEVICE_STAGING_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/status/status.h"

#include "server/device/device.h"

namespace sconce {

// Two memories of the same size, one of the host and one of the device; what
// lies at an offset of the one is copied to the same offset of the other. Kept
// from batch to batch, and only grows. One thread at a time.
class Staging {
 public:
  struct Place {
    uint8_t* host = nullptr;
    uint8_t* device = nullptr;
  };

  // Each input begins at a multiple of this.
  static constexpr size_t kAlignment = 256;

  // Borrowed; outlives it.
  explicit Staging(Device* device) : device_(device) {}

  // Begins a batch whose inputs have so many bytes together, if they are
  // `inputs` many. Grows to the next power of two, and has nothing after an
  // error, which is the device's. REQUIRES: no work of the device uses the
  // memories any more.
  absl::Status Begin(size_t bytes, size_t inputs);

  // Room for the next input, aligned for every element type and for the
  // device's loads. REQUIRES: within what Begin() was told.
  Place Add(size_t bytes);

  // What was added so far, from its first byte on.
  size_t used() const { return used_; }
  // Null when there is nothing yet.
  Place all() const;

  // Of each of the two memories.
  size_t capacity() const { return capacity_; }

 private:
  absl::Status Allocate(size_t bytes);

  Device* const device_;
  std::unique_ptr<DeviceMemory> host_, on_device_;  // both or none
  size_t capacity_ = 0;
  size_t used_ = 0;
};

}  // namespace sconce

#endif  // SERVER_DEVICE_STAGING_H_

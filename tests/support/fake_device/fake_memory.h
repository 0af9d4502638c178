// FakeMemory: memory of a fake device, or of its host, of which it keeps count.
#ifndef TESTS_SUPPORT_FAKE_DEVICE_FAKE_MEMORY_H_
#define TESTS_SUPPORT_FAKE_DEVICE_FAKE_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "server/base/mutex.h"
#include "server/device/device.h"

namespace sconce {

// Of the heap, so that an address sanitizer sees wrong uses by the CPU too.
// Thread-safe. Outlives what it allocated.
class FakeMemory {
 public:
  // Messages call it `name`.
  FakeMemory(const std::string& name, int64_t limit)
      : name_(name), limit_(limit) {}

  // RESOURCE_EXHAUSTED beyond the limit.
  absl::StatusOr<std::unique_ptr<DeviceMemory>> Allocate(size_t bytes)
      ABSL_LOCKS_EXCLUDED(mu_);

  // The number of the allocation that contains all these bytes now; no two ever
  // have the same, so memory that was freed and allocated again is another. 0:
  // there is none.
  int64_t Find(const void* address, size_t bytes) const
      ABSL_LOCKS_EXCLUDED(mu_);

  const std::string& name() const { return name_; }
  int64_t limit() const { return limit_; }
  // In bytes.
  int64_t allocated() const ABSL_LOCKS_EXCLUDED(mu_);
  // The most that was allocated at once since DropCache(): as if freed memory
  // were kept until then.
  int64_t reserved() const ABSL_LOCKS_EXCLUDED(mu_);
  void DropCache() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  class Allocation;
  struct Live {
    int64_t number;
    size_t bytes;
  };

  void Free(uintptr_t address) ABSL_LOCKS_EXCLUDED(mu_);

  const std::string name_;
  const int64_t limit_;

  mutable Mutex mu_;
  std::map<uintptr_t, Live> live_ ABSL_GUARDED_BY(mu_);
  int64_t allocations_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t allocated_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t reserved_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace sconce

#endif  // TESTS_SUPPORT_FAKE_DEVICE_FAKE_MEMORY_H_

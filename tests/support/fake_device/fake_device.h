// FakeDevice: a Device that is made of threads and of the heap.
#ifndef TESTS_SUPPORT_FAKE_DEVICE_FAKE_DEVICE_H_
#define TESTS_SUPPORT_FAKE_DEVICE_FAKE_DEVICE_H_

#include <atomic>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/device/device.h"
#include "tests/support/fake_device/fake_event.h"
#include "tests/support/fake_device/fake_faults.h"
#include "tests/support/fake_device/fake_memory.h"
#include "tests/support/fake_device/fake_stream.h"

namespace sconce {

struct FakeDeviceOptions {
  std::string name = "cuda:0";
  int64_t memory = int64_t{1} << 30;  // bytes
  double memory_fraction = 1;         // of these, for this process

  // What is run on it are LibTorch's operators for the CPU, and it is theirs
  // where they write: FakeStream::Run() and CopyOut() differ.
  bool operators_on_caller = false;

  // Each copy, and each Run() of such operators that are not a graph's, takes
  // so much longer.
  MonoDuration copy_time = MonoDuration::zero();
  MonoDuration run_time = MonoDuration::zero();
  int streams = INT_MAX;  // at the same time
  // A Run() by a thread whose last CopyIn() had more bytes is out of memory.
  size_t largest_input = SIZE_MAX;
  // What a graph allocates, or those together that share it.
  size_t graph_memory = 0;

  // Told when work touches memory that it may not, on any thread. Null: the
  // process prints it and ends.
  std::function<void(const std::string&)> on_misuse;
};

// Thread-safe. REQUIRES: what it made is gone before it.
class FakeDevice : public Device {
 public:
  explicit FakeDevice(const FakeDeviceOptions& options);

  const std::string& name() const override { return options_.name; }
  // Where LibTorch's operators run.
  const std::string& torch_name() const override { return torch_name_; }
  absl::StatusOr<std::unique_ptr<DeviceStream>> MakeStream(
      StreamPriority priority) override ABSL_LOCKS_EXCLUDED(mu_);
  std::unique_ptr<DeviceEvent> MakeEvent() override;
  std::unique_ptr<DeviceEvent> MakeTimer() override { return MakeEvent(); }
  absl::StatusOr<std::unique_ptr<DeviceMemory>> Allocate(size_t bytes) override;
  absl::StatusOr<std::unique_ptr<DeviceMemory>> AllocateHost(
      size_t bytes) override;
  // Calls `body` now, for its status, and at each replay.
  absl::StatusOr<std::unique_ptr<DeviceGraph>> Record(
      DeviceStream* stream, std::function<absl::Status()> body,
      DeviceGraph* beside) override;
  DeviceMemoryUse memory() const override;
  void FreeCache() override;
  absl::Status Synchronize() override ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status Check() override { return faults_.Check(); }
  absl::Status Fail(absl::string_view what) override {
    faults_.FailDevice(what);
    return faults_.Check();
  }

  FakeFaults* faults() { return &faults_; }
  const FakeDeviceOptions& options() const { return options_; }
  const FakeMemory* device_memory() const { return &device_memory_; }
  const FakeMemory* host_memory() const { return &host_memory_; }
  // How often Synchronize() and FreeCache() were called.
  int synchronized() const { return synchronized_; }
  int caches_freed() const { return caches_freed_; }

  // For FakeStream.
  void Misuse(const std::string& what) const;
  void Forget(FakeStream* stream) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  const FakeDeviceOptions options_;
  const std::string torch_name_ = "cpu";
  FakeFaults faults_;
  FakeMemory device_memory_;
  FakeMemory host_memory_;
  std::atomic<int> synchronized_ = 0;
  std::atomic<int> caches_freed_ = 0;

  Mutex mu_;
  std::set<FakeStream*> streams_ ABSL_GUARDED_BY(mu_);
  int streams_made_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace sconce

#endif  // TESTS_SUPPORT_FAKE_DEVICE_FAKE_DEVICE_H_

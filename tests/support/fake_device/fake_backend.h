// FakeBackend: fake devices for a server, as the environment asks for them.
#ifndef TESTS_SUPPORT_FAKE_DEVICE_FAKE_BACKEND_H_
#define TESTS_SUPPORT_FAKE_DEVICE_FAKE_BACKEND_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "server/device/device_backend.h"
#include "tests/support/fake_device/fake_device.h"

namespace sconce {

// The module libsconce_cuda.so below build/tests/fake_device/ is one of these,
// with operators_on_caller. SCONCE_FAKE_DEVICE is its description, the empty
// one included; a wrong one ends the process. Items stand between commas:
//   count=2         devices, cuda:0 and cuda:1 (1)
//   memory=64MiB    of each; a number of bytes, KiB, MiB or GiB (1GiB)
//   copy_us=200     each copy takes so much longer (0)
//   run_us=200      each batch takes so much longer on the device (0), unless
//                   it was recorded
//   graph_memory=1MiB  what recorded calls that share memory take of it (0)
//   max_input=1MiB  larger batches are out of memory when they run (none are)
//   oom_run=3       the third run of each device is out of memory (none is)
//   fail_copy=3     the third copy of each device fails, INTERNAL (none does)
//   hang_run=3      the work of the third run of each device never ends
//   (none's) fail_after=1000 a device fails for good after so many calls
//   (never) fail_device=1   only that device has the last four faults (all
//   have) fail_open=1     that device cannot be opened (all can) streams=40
//   more than so many of each device are refused (no limit)
struct FakeBackendOptions {
  int count = 1;
  FakeDeviceOptions device;  // but its name and memory_fraction
  int oom_run = 0;           // 0: none
  int fail_copy = 0;
  int hang_run = 0;
  int fail_after = -1;   // -1: never
  int fail_device = -1;  // -1: all
  int fail_open = -1;    // -1: none

  // INVALID_ARGUMENT with the item that is wrong.
  static absl::StatusOr<FakeBackendOptions> Parse(absl::string_view text);
};

// Thread-safe.
class FakeBackend : public DeviceBackend {
 public:
  explicit FakeBackend(const FakeBackendOptions& options) : options_(options) {}

  std::string description() const override { return "fake devices"; }
  int count() const override { return options_.count; }
  absl::StatusOr<std::unique_ptr<Device>> Open(int index,
                                               double memory_fraction) override;
  // Always 0.5, 100 watts and 40 degrees.
  DeviceActivity activity(int index) const override;

 private:
  const FakeBackendOptions options_;
};

}  // namespace sconce

#endif  // TESTS_SUPPORT_FAKE_DEVICE_FAKE_BACKEND_H_

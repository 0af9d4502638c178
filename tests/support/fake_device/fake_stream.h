// FakeStream: a stream of a fake device: a thread that works in order.
#ifndef TESTS_SUPPORT_FAKE_DEVICE_FAKE_STREAM_H_
#define TESTS_SUPPORT_FAKE_DEVICE_FAKE_STREAM_H_

#include <atomic>
#include <functional>
#include <string>

#include "server/base/task_thread.h"
#include "server/device/device.h"
#include "tests/support/fake_device/fake_event.h"
#include "tests/support/fake_device/fake_memory.h"

namespace sconce {

class FakeDevice;

// After the device failed, work that is left does nothing. The destructor waits
// for all work, so what holds a kernel has to be let go before.
class FakeStream : public DeviceStream {
 public:
  // `device` is borrowed.
  FakeStream(FakeDevice* device, StreamPriority priority,
             const std::string& thread_name);
  ~FakeStream() override;

  // The memories are looked at when the copy is added and when it is done: a
  // place that was freed between, or a host's that was written to, is misuse.
  absl::Status CopyIn(const void* host, void* device, size_t bytes) override;
  absl::Status CopyOut(const void* device, void* host, size_t bytes) override;
  absl::Status Record(DeviceEvent* event) override;
  absl::Status WaitFor(DeviceEvent* event) override;

  // Operators are what `body` gives to Launch(). With `operators_on_caller`
  // (FakeDeviceOptions) they are LibTorch's for the CPU, which are done when
  // they return: then this waits until earlier work is done, and later work
  // begins after `body`.
  absl::Status Run(absl::FunctionRef<absl::Status()> body) override;

  // An operator: work that calls `kernel` on the stream's thread. A test that
  // wants it to last makes it wait for a Notification.
  absl::Status Launch(std::function<void()> kernel);

  // For FakeDevice. While it is recording, nothing that is launched is done,
  // and what else is added fails.
  void set_recording(bool recording) { recording_ = recording; }
  // Tells `mark` when what was added so far is done.
  void AddMark(const FakeEvent::Mark& mark);

  StreamPriority priority() const { return priority_; }

 private:
  struct Side;
  struct Copy;

  absl::Status Begin(FakeCall call) const;
  void Add(std::function<void()> work);
  absl::Status AddCopy(Side from, Side to, size_t bytes);
  // Whether nothing is wrong with it.
  bool CheckSide(const Side& side, size_t bytes) const;
  bool CheckCopy(const Copy& copy) const;
  void DoCopy(const Copy& copy) const;
  absl::Status RunInTurn(absl::FunctionRef<absl::Status()> body);

  FakeDevice* const device_;
  const StreamPriority priority_;
  std::atomic<bool> recording_ = false;
  TaskThread thread_;  // last: uses the others
};

}  // namespace sconce

#endif  // TESTS_SUPPORT_FAKE_DEVICE_FAKE_STREAM_H_

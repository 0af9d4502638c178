// FakeEvent: a point in the work of a FakeStream.
#ifndef TESTS_SUPPORT_FAKE_DEVICE_FAKE_EVENT_H_
#define TESTS_SUPPORT_FAKE_DEVICE_FAKE_EVENT_H_

#include <functional>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"

#include "server/base/clock.h"
#include "server/base/notification.h"
#include "server/device/device.h"
#include "tests/support/fake_device/fake_faults.h"

namespace sconce {

// One thread at a time.
class FakeEvent : public DeviceEvent {
 public:
  // Shared, because the stream that reaches it and those that wait for it may
  // do so after the event was recorded again, or is gone.
  struct Point : Notification {
    MonoTime time;  // when it was reached; written before Notify()
  };
  using Mark = std::shared_ptr<Point>;

  // Borrowed.
  explicit FakeEvent(const FakeFaults* faults) : faults_(faults) {}

  // Once the device failed, an error, and at once.
  absl::StatusOr<bool> IsDone() override;
  absl::StatusOr<MonoDuration> TimeSince(DeviceEvent* begin) override;

  // Called from now on whenever somebody asks, by whom asks. A test that lets
  // work go on in it knows that somebody waited.
  void set_on_ask(std::function<void()> on_ask) { on_ask_ = std::move(on_ask); }

  // For streams. Null: it was never recorded.
  const Mark& mark() const { return mark_; }
  const Mark& NewMark() { return mark_ = std::make_shared<Point>(); }

 private:
  const FakeFaults* const faults_;
  Mark mark_;
  std::function<void()> on_ask_ = [] {};
};

}  // namespace sconce

#endif  // TESTS_SUPPORT_FAKE_DEVICE_FAKE_EVENT_H_

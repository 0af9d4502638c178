// Device: an accelerator, as far as lanes need one.
#ifndef SERVER_DEVICE_DEVICE_H_
#define SERVER_DEVICE_DEVICE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "server/base/clock.h"

namespace sconce {

// The real one is in runtime/cuda, a fake one in tests/support. Errors:
// RESOURCE_EXHAUSTED when memory is short; a DeviceFailure (device_error.h)
// when the device can do nothing more for this process, on every call from
// then on; else INTERNAL. Messages name the device and are fit for a client.

// A point in the work of a stream. One thread at a time.
class DeviceEvent {
 public:
  virtual ~DeviceEvent() = default;

  // Whether everything is done that its stream had to do when the event was
  // recorded last; true for one that never was. Does not block.
  virtual absl::StatusOr<bool> IsDone() = 0;

  // How long after `begin` the device came to this. REQUIRES: both are from
  // MakeTimer() of one device, recorded, and done.
  virtual absl::StatusOr<MonoDuration> TimeSince(DeviceEvent* begin) = 0;
};

// Work that is done in its order, beside what other streams do. Nothing here
// waits for the device. Several threads may add work; what one of them adds
// stays in its order.
class DeviceStream {
 public:
  virtual ~DeviceStream() = default;

  // Both memories stay until the copy is done. REQUIRES: the host's is from
  // Device::AllocateHost(), because others cannot be copied without waiting.
  virtual absl::Status CopyIn(const void* host, void* device, size_t bytes) = 0;
  virtual absl::Status CopyOut(const void* device, void* host,
                               size_t bytes) = 0;

  virtual absl::Status Record(DeviceEvent* event) = 0;
  // What is added from now on begins when `event`, as recorded last, is done.
  virtual absl::Status WaitFor(DeviceEvent* event) = 0;

  // Calls `body`; the operators that it calls on this thread become work of
  // this stream. Returns what `body` does.
  virtual absl::Status Run(absl::FunctionRef<absl::Status()> body) = 0;
};

// A recorded piece of work that can be repeated. Freed when it is not at work.
class DeviceGraph {
 public:
  virtual ~DeviceGraph() = default;

  // Adds the work to `stream`: the same operators on the same addresses.
  virtual absl::Status Replay(DeviceStream* stream) = 0;

  // Bytes of the device that it keeps for what its work allocates. Graphs that
  // share them (Device::Record()) each tell them all.
  virtual int64_t memory() const = 0;
};

// Bytes that belong to whoever holds this.
class DeviceMemory {
 public:
  virtual ~DeviceMemory() = default;
  virtual void* data() const = 0;
  virtual size_t size() const = 0;
};

enum class StreamPriority { kNormal, kHigh };

// In bytes.
struct DeviceMemoryUse {
  int64_t total = 0;      // of the device
  int64_t limit = 0;      // of these, what this process may take
  int64_t allocated = 0;  // by this process, in use
  int64_t reserved = 0;   // by this process, in use or kept for later
};

// Thread-safe. Outlives everything that it made.
class Device {
 public:
  virtual ~Device() = default;

  // As in --device, in messages and in metrics: "cuda:0".
  virtual const std::string& name() const = 0;
  // What LibTorch calls it.
  virtual const std::string& torch_name() const = 0;

  virtual absl::StatusOr<std::unique_ptr<DeviceStream>> MakeStream(
      StreamPriority priority) = 0;
  virtual std::unique_ptr<DeviceEvent> MakeEvent() = 0;
  // An event that notes when it was reached, which costs a little more.
  virtual std::unique_ptr<DeviceEvent> MakeTimer() = 0;

  // Of the device; may be freed when no work uses it any more.
  virtual absl::StatusOr<std::unique_ptr<DeviceMemory>> Allocate(
      size_t bytes) = 0;
  // Of the host, at an address that the device can copy from and to beside
  // other work (page-locked). Aligned for every element type.
  virtual absl::StatusOr<std::unique_ptr<DeviceMemory>> AllocateHost(
      size_t bytes) = 0;

  // Calls `body` on this thread with `stream` current, and records the work of
  // its operators instead of doing it. Fails, without harm to other work, for
  // work that cannot be recorded: what waits for the device, copies from or to
  // the host. Memory that `body` allocates stays the graph's. A device that
  // cannot record calls `body` for each Replay() instead, so what it refers to
  // lives as long as the graph.
  //
  // `beside`, borrowed for the call, shares its memory with the new graph; null
  // for none. It is one that replays on the same stream, because a replay of
  // either overwrites what the other computed: whoever wants that copies it on
  // the stream before.
  virtual absl::StatusOr<std::unique_ptr<DeviceGraph>> Record(
      DeviceStream* stream, std::function<absl::Status()> body,
      DeviceGraph* beside) = 0;

  virtual DeviceMemoryUse memory() const = 0;
  // Gives back what is kept for later. Waits for the device.
  virtual void FreeCache() = 0;
  // Waits for all work of the device. For loads; never on a lane.
  virtual absl::Status Synchronize() = 0;
  // OK, or the DeviceFailure that struck. Does not block.
  virtual absl::Status Check() = 0;
  // Gives the device up, because of `what`: the DeviceFailure that this returns
  // is what every call returns from now on, whoever waits for an event
  // included. An earlier one stays.
  virtual absl::Status Fail(absl::string_view what) = 0;
};

}  // namespace sconce

#endif  // SERVER_DEVICE_DEVICE_H_

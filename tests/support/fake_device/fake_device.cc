#include "tests/support/fake_device/fake_device.h"

#include <cstdio>
#include <cstdlib>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"

namespace sconce {
namespace {

class FakeGraph : public DeviceGraph {
 public:
  FakeGraph(std::function<absl::Status()> body,
            std::shared_ptr<DeviceMemory> pool)
      : body_(std::move(body)), pool_(std::move(pool)) {}

  absl::Status Replay(DeviceStream* stream) override {
    return stream->Run(body_);
  }
  int64_t memory() const override {
    return static_cast<int64_t>(pool_->size());
  }
  const std::shared_ptr<DeviceMemory>& pool() const { return pool_; }

 private:
  const std::function<absl::Status()> body_;
  // Shared: freed with the last graph that uses it.
  const std::shared_ptr<DeviceMemory> pool_;
};

int64_t LimitOf(const FakeDeviceOptions& options) {
  return static_cast<int64_t>(static_cast<double>(options.memory) *
                              options.memory_fraction);
}

}  // namespace

FakeDevice::FakeDevice(const FakeDeviceOptions& options)
    : options_(options),
      faults_(options.name),
      device_memory_(absl::StrCat("memory of device '", options.name, "'"),
                     LimitOf(options)),
      host_memory_(
          absl::StrCat("page-locked memory for device '", options.name, "'"),
          std::numeric_limits<int64_t>::max()) {}

absl::StatusOr<std::unique_ptr<DeviceStream>> FakeDevice::MakeStream(
    StreamPriority priority) {
  RETURN_IF_ERROR(faults_.Begin(FakeCall::kOther));
  MutexLock lock(&mu_);
  if (streams_.size() >= static_cast<size_t>(options_.streams)) {
    return absl::ResourceExhaustedError(
        absl::StrCat("device '", name(), "': all ", options_.streams,
                     " streams are in use"));
  }
  auto stream = std::make_unique<FakeStream>(
      this, priority, absl::StrCat("fake-stream-", streams_made_++));
  streams_.insert(stream.get());
  return stream;
}

std::unique_ptr<DeviceEvent> FakeDevice::MakeEvent() {
  return std::make_unique<FakeEvent>(&faults_);
}

absl::StatusOr<std::unique_ptr<DeviceMemory>> FakeDevice::Allocate(
    size_t bytes) {
  RETURN_IF_ERROR(faults_.Begin(FakeCall::kAllocate));
  return device_memory_.Allocate(bytes);
}

absl::StatusOr<std::unique_ptr<DeviceMemory>> FakeDevice::AllocateHost(
    size_t bytes) {
  RETURN_IF_ERROR(faults_.Begin(FakeCall::kAllocate));
  return host_memory_.Allocate(bytes);
}

absl::StatusOr<std::unique_ptr<DeviceGraph>> FakeDevice::Record(
    DeviceStream* stream, std::function<absl::Status()> body,
    DeviceGraph* beside) {
  RETURN_IF_ERROR(faults_.Begin(FakeCall::kOther));
  std::shared_ptr<DeviceMemory> pool;
  if (beside != nullptr) {
    pool = static_cast<FakeGraph*>(beside)->pool();
  } else {
    ASSIGN_OR_RETURN(pool, device_memory_.Allocate(options_.graph_memory));
  }
  auto* recorder = static_cast<FakeStream*>(stream);
  recorder->set_recording(true);
  const absl::Status status = body();
  recorder->set_recording(false);
  RETURN_IF_ERROR(status);
  return std::make_unique<FakeGraph>(std::move(body), std::move(pool));
}

DeviceMemoryUse FakeDevice::memory() const {
  return {options_.memory, device_memory_.limit(), device_memory_.allocated(),
          device_memory_.reserved()};
}

void FakeDevice::FreeCache() {
  ++caches_freed_;
  Synchronize().IgnoreError();
  device_memory_.DropCache();
}

absl::Status FakeDevice::Synchronize() {
  ++synchronized_;
  RETURN_IF_ERROR(Check());
  std::vector<FakeEvent::Mark> marks;
  {
    MutexLock lock(&mu_);
    for (FakeStream* stream : streams_) {
      marks.push_back(std::make_shared<FakeEvent::Point>());
      stream->AddMark(marks.back());
    }
  }
  for (const FakeEvent::Mark& mark : marks) mark->Wait();
  return Check();
}

void FakeDevice::Forget(FakeStream* stream) {
  MutexLock lock(&mu_);
  streams_.erase(stream);
}

void FakeDevice::Misuse(const std::string& what) const {
  if (options_.on_misuse) return options_.on_misuse(what);
  std::fprintf(stderr, "FakeDevice: %s\n", what.c_str());
  std::abort();
}

}  // namespace sconce

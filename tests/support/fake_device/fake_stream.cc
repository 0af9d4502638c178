#include "tests/support/fake_device/fake_stream.h"

#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "tests/support/fake_device/fake_device.h"

namespace sconce {
namespace {

// Of the copy that the calling thread added last. A lane's thread copies the
// inputs of a batch at once, so it stands for the batch's size.
thread_local size_t last_copy_in = 0;

// The stream in whose turn the calling thread runs operators.
thread_local const FakeStream* in_turn_of = nullptr;

// Whether it was a graph that ran in that turn.
thread_local bool replayed = false;

size_t HashOf(const void* data, size_t bytes) {
  return std::hash<std::string_view>()({static_cast<const char*>(data), bytes});
}

}  // namespace

struct FakeStream::Side {
  const FakeMemory* memory;  // null: not looked at
  const void* address;
  int64_t allocation = 0;  // when the copy was added
};

struct FakeStream::Copy {
  Side from;
  Side to;
  size_t bytes;
  // Of a host's memory when the copy was added; a device's has its contents
  // from work that comes before the copy.
  std::optional<size_t> hash;
};

FakeStream::FakeStream(FakeDevice* device, StreamPriority priority,
                       const std::string& thread_name)
    : device_(device), priority_(priority), thread_(thread_name) {}

FakeStream::~FakeStream() { device_->Forget(this); }

absl::Status FakeStream::Begin(FakeCall call) const {
  if (recording_) {
    return absl::FailedPreconditionError(absl::StrCat(
        "device '", device_->name(), "': cannot be recorded in a graph"));
  }
  return device_->faults()->Begin(call);
}

void FakeStream::Add(std::function<void()> work) {
  thread_.Post([this, work = std::move(work)] {
    if (device_->faults()->Check().ok()) work();
  });
}

absl::Status FakeStream::CopyIn(const void* host, void* device, size_t bytes) {
  RETURN_IF_ERROR(Begin(FakeCall::kCopy));
  last_copy_in = bytes;
  return AddCopy({device_->host_memory(), host},
                 {device_->device_memory(), device}, bytes);
}

absl::Status FakeStream::CopyOut(const void* device, void* host, size_t bytes) {
  RETURN_IF_ERROR(Begin(FakeCall::kCopy));
  // LibTorch allocates what its operators return by itself.
  const FakeMemory* from = device_->options().operators_on_caller
                               ? nullptr
                               : device_->device_memory();
  return AddCopy({from, device}, {device_->host_memory(), host}, bytes);
}

absl::Status FakeStream::AddCopy(Side from, Side to, size_t bytes) {
  for (Side* side : {&from, &to}) {
    if (!CheckSide(*side, bytes)) return absl::InternalError("wrong address");
    if (side->memory == nullptr) continue;
    side->allocation = side->memory->Find(side->address, bytes);
  }
  Copy copy{from, to, bytes};
  if (from.memory == device_->host_memory()) {
    copy.hash = HashOf(from.address, bytes);
  }
  Add([this, copy] { DoCopy(copy); });
  return absl::OkStatus();
}

bool FakeStream::CheckSide(const Side& side, size_t bytes) const {
  if (side.memory == nullptr) return true;
  const int64_t found = side.memory->Find(side.address, bytes);
  // 0: the copy is being added.
  if (found != 0 && (side.allocation == 0 || side.allocation == found)) {
    return true;
  }
  device_->Misuse(absl::StrCat(
      "a copy of ", bytes, " bytes touches ", side.memory->name(), " that ",
      side.allocation != 0 ? "was freed before" : "was never allocated"));
  return false;
}

bool FakeStream::CheckCopy(const Copy& copy) const {
  if (!CheckSide(copy.from, copy.bytes) || !CheckSide(copy.to, copy.bytes)) {
    return false;
  }
  if (!copy.hash || *copy.hash == HashOf(copy.from.address, copy.bytes)) {
    return true;
  }
  device_->Misuse(absl::StrCat(copy.from.memory->name(),
                               " was written to before it was copied"));
  return false;
}

void FakeStream::DoCopy(const Copy& copy) const {
  std::this_thread::sleep_for(device_->options().copy_time);
  if (!CheckCopy(copy)) return;
  std::memcpy(const_cast<void*>(copy.to.address), copy.from.address,
              copy.bytes);
}

absl::Status FakeStream::Record(DeviceEvent* event) {
  RETURN_IF_ERROR(Begin(FakeCall::kOther));
  AddMark(static_cast<FakeEvent*>(event)->NewMark());
  return absl::OkStatus();
}

void FakeStream::AddMark(const FakeEvent::Mark& mark) {
  // Also after a failure: other streams wait for it.
  thread_.Post([mark] {
    mark->time = Clock::Real()->Now();
    mark->Notify();
  });
}

absl::Status FakeStream::WaitFor(DeviceEvent* event) {
  RETURN_IF_ERROR(Begin(FakeCall::kOther));
  const FakeEvent::Mark mark = static_cast<FakeEvent*>(event)->mark();
  if (mark != nullptr) Add([mark] { mark->Wait(); });
  return absl::OkStatus();
}

absl::Status FakeStream::Launch(std::function<void()> kernel) {
  if (recording_) return absl::OkStatus();
  RETURN_IF_ERROR(Begin(FakeCall::kOther));
  Add(std::move(kernel));
  return absl::OkStatus();
}

absl::Status FakeStream::Run(absl::FunctionRef<absl::Status()> body) {
  RETURN_IF_ERROR(Begin(FakeCall::kRun));
  const FakeDeviceOptions& options = device_->options();
  if (last_copy_in > options.largest_input) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "device '", device_->name(), "' is out of memory: ", last_copy_in,
        " bytes of input are more than ", options.largest_input));
  }
  absl::Status status = options.operators_on_caller ? RunInTurn(body) : body();
  if (device_->faults()->RunHangs()) {
    Add([this] { device_->faults()->WaitForFailure(); });
  }
  return status;
}

absl::Status FakeStream::RunInTurn(absl::FunctionRef<absl::Status()> body) {
  if (in_turn_of == this) {  // a graph's, among operators
    replayed = true;
    return body();
  }
  // Shared: the stream may still be in Wait() when this has returned.
  struct Turn {
    Notification begin, end;
  };
  const auto turn = std::make_shared<Turn>();
  thread_.Post([turn] {
    turn->begin.Notify();
    turn->end.Wait();
  });
  turn->begin.Wait();
  absl::Status status = device_->faults()->Check();
  in_turn_of = this;
  replayed = false;
  if (status.ok()) status = body();
  in_turn_of = nullptr;
  if (!replayed) std::this_thread::sleep_for(device_->options().run_time);
  turn->end.Notify();
  return status;
}

}  // namespace sconce

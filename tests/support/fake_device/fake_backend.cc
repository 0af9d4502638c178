#include "tests/support/fake_device/fake_backend.h"

#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "server/base/status_macros.h"

namespace sconce {
namespace {

// Whether `text` is a number, 0 or more, with or without a unit.
bool ParseNumber(absl::string_view text, int64_t* number) {
  int64_t unit = 1;
  for (const auto& [name, bytes] :
       {std::pair("KiB", int64_t{1} << 10), std::pair("MiB", int64_t{1} << 20),
        std::pair("GiB", int64_t{1} << 30)}) {
    if (absl::ConsumeSuffix(&text, name)) unit = bytes;
  }
  if (!absl::SimpleAtoi(text, number) || *number < 0) return false;
  *number *= unit;
  return true;
}

// Sets one option.
using Setter = std::function<void(FakeBackendOptions*, int64_t)>;

const std::map<std::string, Setter>& Setters() {
  using Options = FakeBackendOptions;
  static const auto* const setters = new std::map<std::string, Setter>{
      {"count", [](Options* o, int64_t n) { o->count = static_cast<int>(n); }},
      {"memory", [](Options* o, int64_t n) { o->device.memory = n; }},
      {"copy_us",
       [](Options* o, int64_t n) {
         o->device.copy_time = std::chrono::microseconds(n);
       }},
      {"run_us",
       [](Options* o, int64_t n) {
         o->device.run_time = std::chrono::microseconds(n);
       }},
      {"graph_memory",
       [](Options* o, int64_t n) {
         o->device.graph_memory = static_cast<size_t>(n);
       }},
      {"max_input",
       [](Options* o, int64_t n) {
         o->device.largest_input = static_cast<size_t>(n);
       }},
      {"oom_run",
       [](Options* o, int64_t n) { o->oom_run = static_cast<int>(n); }},
      {"fail_copy",
       [](Options* o, int64_t n) { o->fail_copy = static_cast<int>(n); }},
      {"fail_after",
       [](Options* o, int64_t n) { o->fail_after = static_cast<int>(n); }},
      {"hang_run",
       [](Options* o, int64_t n) { o->hang_run = static_cast<int>(n); }},
      {"fail_device",
       [](Options* o, int64_t n) { o->fail_device = static_cast<int>(n); }},
      {"fail_open",
       [](Options* o, int64_t n) { o->fail_open = static_cast<int>(n); }},
      {"streams",
       [](Options* o, int64_t n) { o->device.streams = static_cast<int>(n); }}};
  return *setters;
}

absl::Status Set(absl::string_view item, FakeBackendOptions* options) {
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(item, absl::MaxSplits('=', 1));
  const auto setter = Setters().find(parts.first);
  int64_t number = 0;
  if (setter == Setters().end() || !ParseNumber(parts.second, &number)) {
    return absl::InvalidArgumentError(
        absl::StrCat("fake device: '", item,
                     "' is not an option of fake_backend.h with its number"));
  }
  setter->second(options, number);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<FakeBackendOptions> FakeBackendOptions::Parse(
    absl::string_view text) {
  FakeBackendOptions options;
  options.device.operators_on_caller = true;
  for (absl::string_view item : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    RETURN_IF_ERROR(Set(item, &options));
  }
  return options;
}

absl::StatusOr<std::unique_ptr<Device>> FakeBackend::Open(
    int index, double memory_fraction) {
  FakeDeviceOptions device = options_.device;
  device.name = absl::StrCat("cuda:", index);
  device.memory_fraction = memory_fraction;
  if (index == options_.fail_open) {
    return absl::InternalError(
        absl::StrCat("device '", device.name, "': it cannot be opened"));
  }
  auto opened = std::make_unique<FakeDevice>(device);
  if (options_.fail_device != -1 && options_.fail_device != index) {
    return opened;
  }
  FakeFaults* faults = opened->faults();
  if (options_.oom_run > 0) faults->Fail(FakeCall::kRun, options_.oom_run);
  if (options_.fail_copy > 0) faults->Fail(FakeCall::kCopy, options_.fail_copy);
  if (options_.hang_run > 0) faults->HangRun(options_.hang_run);
  faults->FailDeviceAfter(options_.fail_after);
  return opened;
}

DeviceActivity FakeBackend::activity(int /*index*/) const {
  return {0.5, 100, 40};
}

}  // namespace sconce

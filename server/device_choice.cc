#include "server/device_choice.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "server/base/status_macros.h"
#include "server/runtime/cuda_libraries.h"
#include "server/telemetry/log.h"

namespace sconce {
namespace {

constexpr int kMostDevices = 64;

absl::Status NoDevice(const std::string& text) {
  return absl::InvalidArgumentError(absl::StrCat(
      "'", text,
      "' is no device; write auto, cpu, cuda for all GPUs, or cuda:0,1"));
}

}  // namespace

absl::StatusOr<DeviceChoice> DeviceChoiceOf(const std::string& text) {
  using Kind = DeviceChoice::Kind;
  if (text == "auto") return DeviceChoice{Kind::kAuto, {}};
  if (text == "cpu") return DeviceChoice{Kind::kCpu, {}};
  DeviceChoice choice{Kind::kCuda, {}};
  if (text == "cuda") return choice;
  if (!absl::StartsWith(text, "cuda:")) return NoDevice(text);
  for (const auto part : absl::StrSplit(text.substr(5), ',')) {
    int index = 0;
    if (!absl::SimpleAtoi(part, &index) || index < 0 || index >= kMostDevices) {
      return NoDevice(text);
    }
    choice.indices.push_back(index);
  }
  std::sort(choice.indices.begin(), choice.indices.end());
  choice.indices.erase(
      std::unique(choice.indices.begin(), choice.indices.end()),
      choice.indices.end());
  return choice;
}

absl::StatusOr<std::vector<int>> ChosenDevices(const DeviceChoice& choice,
                                               int count) {
  if (!choice.indices.empty() && choice.indices.back() >= count) {
    return absl::FailedPreconditionError(absl::StrCat(
        "--device names cuda:", choice.indices.back(), ", but there are ",
        count, " devices, whose numbers begin with 0"));
  }
  if (!choice.indices.empty()) return choice.indices;
  std::vector<int> all(static_cast<size_t>(count));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

absl::StatusOr<DeviceBackend*> FindDevices(const DeviceChoice& choice) {
  using Kind = DeviceChoice::Kind;
  if (choice.kind == Kind::kCpu) return nullptr;
  const absl::StatusOr<DeviceBackend*> found = LoadCudaBackend();
  if (found.ok()) {
    LogInfo("devices found",
            {{"with", (*found)->description()}, {"count", (*found)->count()}});
    RETURN_IF_ERROR(ChosenDevices(choice, (*found)->count()).status());
    return found;
  }
  if (choice.kind == Kind::kCuda) {
    return absl::FailedPreconditionError(
        absl::StrCat("--device wants GPUs: ", found.status().message(),
                     "; --device=cpu or auto starts without"));
  }
  // A device that lies idle is not what somebody wants.
  const LogLevel level =
      absl::IsNotFound(found.status()) ? LogLevel::kInfo : LogLevel::kWarning;
  Log(level, "CUDA is not used", {{"reason", found.status().message()}});
  return nullptr;
}

}  // namespace sconce

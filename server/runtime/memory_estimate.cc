#include "server/runtime/memory_estimate.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"

#include "server/runtime/archive/zip_archive.h"

namespace sconce {
namespace {

constexpr int64_t kMiB = int64_t{1} << 20;

// Code, graphs, queues and statistics. The zoo's MLP took less.
constexpr int64_t kModel = kMiB;

// LibTorch's pages that a test process writes to, its threads' stacks and
// arenas, and what the first load in the server leaves behind.
constexpr int64_t kProcess = 64 * kMiB;

// OptimizeModule() has three forms of the module at a time: as it was saved,
// frozen, and optimised for inference. The probe and the load do so one after
// the other.
constexpr int64_t kForms = 3;

// On a device there is none that is optimised for inference.
constexpr int64_t kDeviceForms = 2;

// What the runs of golden examples, the batch check and warm-up use, which no
// archive tells. At most in the test process, of its own, in the zoo: resnet18
// 416 MiB (45 of weights), MiniLM 266 (86), EfficientNet-Lite0 914 (18), an MLP
// 1. So images of a small model can take more than this. Then the kernel ends
// the test process before any other (process_limits.h) and the load fails; a
// higher estimate would refuse most models that fit.
constexpr int64_t kActivations = 5;
constexpr int64_t kMostActivations = 512 * kMiB;

int64_t TensorBytes(const ZipArchive& archive) {
  uint64_t sum = 0;
  for (const ZipRecord& record : archive.records()) {
    if (absl::StartsWith(record.name, "data/") ||
        absl::StartsWith(record.name, "constants/")) {
      sum += record.size;
    }
  }
  // No archive is as large; a directory may say so.
  return static_cast<int64_t>(
      std::min<uint64_t>(sum, archive.file_size() * 1000));
}

}  // namespace

MemoryNeed EstimateMemoryOf(int64_t tensor_bytes, bool with_probe,
                            std::vector<std::string> devices) {
  // What goes to devices passes through the host's memory.
  const int64_t loaded = devices.empty() ? kModel + tensor_bytes : kModel;
  const int64_t activations =
      std::min(kActivations * tensor_bytes, kMostActivations);
  const int64_t process = with_probe ? kProcess : kModel;
  MemoryNeed need = {.loading = process + kForms * tensor_bytes + activations,
                     .loaded = loaded};
  if (devices.empty()) return need;
  need.device_loading = kDeviceForms * tensor_bytes + activations;
  need.device_loaded = tensor_bytes;
  need.devices = std::move(devices);
  return need;
}

MemoryNeed EstimateArchiveMemory(const std::string& path, bool with_probe,
                                 std::vector<std::string> devices) {
  const auto archive = ZipArchive::Open(path);
  if (!archive.ok()) return {};
  return EstimateMemoryOf(TensorBytes(*archive), with_probe,
                          std::move(devices));
}

}  // namespace sconce

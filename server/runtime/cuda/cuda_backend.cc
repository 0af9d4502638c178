#include "server/runtime/cuda/cuda_backend.h"

#include <cuda_runtime_api.h>

#include "absl/strings/str_cat.h"

#include "server/runtime/cuda/cuda_device.h"

namespace sconce {
namespace {

constexpr int kLongestBusId = 32;

// 13000 is "13.0".
std::string CudaVersion(int number) {
  return absl::StrCat(number / 1000, ".", number % 1000 / 10);
}

std::string DescribeRuntime() {
  int version = 0;
  (void)cudaRuntimeGetVersion(&version);
  return absl::StrCat("CUDA ", CudaVersion(version));
}

// NVML knows the driver's own number, CUDA only what it is made for.
std::string DescribeDriver(const Nvml* nvml) {
  const std::string version = nvml == nullptr ? "" : nvml->DriverVersion();
  if (!version.empty()) return absl::StrCat("driver ", version);
  int made_for = 0;
  (void)cudaDriverGetVersion(&made_for);
  return made_for == 0
             ? "no driver"
             : absl::StrCat("driver for CUDA ", CudaVersion(made_for));
}

}  // namespace

CudaBackend::CudaBackend() : nvml_(Nvml::Load()) {
  const cudaError_t code = cudaGetDeviceCount(&count_);
  description_ =
      absl::StrCat(DescribeRuntime(), ", ", DescribeDriver(nvml_.get()));
  if (code == cudaSuccess) return;
  (void)cudaGetLastError();
  count_ = 0;
  absl::StrAppend(&description_, ": ", cudaGetErrorString(code));
}

absl::StatusOr<std::unique_ptr<Device>> CudaBackend::Open(
    int index, double memory_fraction) {
  return CudaDevice::Open(index, memory_fraction);
}

DeviceActivity CudaBackend::activity(int index) const {
  char bus_id[kLongestBusId] = {};
  if (nvml_ == nullptr ||
      cudaDeviceGetPCIBusId(bus_id, sizeof bus_id, index) != cudaSuccess) {
    (void)cudaGetLastError();
    return {};
  }
  return nvml_->Activity(bus_id);
}

}  // namespace sconce

// kDeviceBackendEntry.
extern "C" [[gnu::visibility("default")]] sconce::DeviceBackend*
SconceDeviceBackend(int version) {
  if (version != sconce::kDeviceBackendVersion) return nullptr;
  // Never deleted: lanes may still use it while the process ends.
  static auto* const backend = new sconce::CudaBackend;
  return backend;
}

#include "server/runtime/cuda/nvml.h"

#include <dlfcn.h>

namespace sconce {
namespace {

constexpr int kSuccess = 0;
constexpr int kSensorOfTheGpu = 0;
constexpr size_t kLongestVersion = 80;

}  // namespace

template <typename Function>
Function* Nvml::Find(const char* name) const {
  return reinterpret_cast<Function*>(dlsym(library_, name));
}

Nvml::Nvml(void* library)
    : library_(library),
      shutdown_(Find<Result()>("nvmlShutdown")),
      driver_version_(
          Find<Result(char*, unsigned)>("nvmlSystemGetDriverVersion")),
      gpu_at_(
          Find<Result(const char*, Gpu*)>("nvmlDeviceGetHandleByPciBusId_v2")),
      utilization_(
          Find<Result(Gpu, Utilization*)>("nvmlDeviceGetUtilizationRates")),
      milliwatts_(Find<Result(Gpu, unsigned*)>("nvmlDeviceGetPowerUsage")),
      celsius_(Find<Result(Gpu, int, unsigned*)>("nvmlDeviceGetTemperature")) {}

std::unique_ptr<Nvml> Nvml::Load(const std::string& library) {
  void* const opened = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (opened == nullptr) return nullptr;
  auto* const init =
      reinterpret_cast<Result (*)()>(dlsym(opened, "nvmlInit_v2"));
  if (init == nullptr || init() != kSuccess) {
    dlclose(opened);
    return nullptr;
  }
  return std::unique_ptr<Nvml>(new Nvml(opened));
}

Nvml::~Nvml() {
  if (shutdown_ != nullptr) shutdown_();
  dlclose(library_);
}

std::string Nvml::DriverVersion() const {
  char version[kLongestVersion] = {};
  const bool told = driver_version_ != nullptr &&
                    driver_version_(version, sizeof version) == kSuccess;
  return told ? version : "";
}

DeviceActivity Nvml::Activity(const std::string& pci_bus_id) const {
  DeviceActivity activity;
  Gpu gpu = nullptr;
  if (gpu_at_ == nullptr || gpu_at_(pci_bus_id.c_str(), &gpu) != kSuccess) {
    return activity;
  }
  Utilization busy = {};
  if (utilization_ != nullptr && utilization_(gpu, &busy) == kSuccess) {
    activity.utilization = busy.gpu / 100.0;
  }
  unsigned value = 0;
  if (milliwatts_ != nullptr && milliwatts_(gpu, &value) == kSuccess) {
    activity.power_watts = value / 1000.0;
  }
  if (celsius_ != nullptr &&
      celsius_(gpu, kSensorOfTheGpu, &value) == kSuccess) {
    activity.temperature_celsius = value;
  }
  return activity;
}

}  // namespace sconce

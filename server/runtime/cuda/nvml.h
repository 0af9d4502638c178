// Nvml: how busy a GPU is, asked of the driver's own library.
#ifndef SERVER_RUNTIME_CUDA_NVML_H_
#define SERVER_RUNTIME_CUDA_NVML_H_

#include <memory>
#include <string>

#include "server/device/device_backend.h"

namespace sconce {

// libnvidia-ml.so.1 comes with the driver. It is loaded by name, and the few
// functions that are needed are declared here, so that nothing is linked to it
// or needs its header. Immutable after construction; thread-safe, as NVML is.
class Nvml {
 public:
  // Null when the library is not there or does not start.
  static std::unique_ptr<Nvml> Load(
      const std::string& library = "libnvidia-ml.so.1");
  ~Nvml();
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;

  // "580.65.06"; "" when it is not told.
  std::string DriverVersion() const;

  // `pci_bus_id` is the device's "0000:3B:00.0": indices are of no use, since
  // CUDA_VISIBLE_DEVICES counts anew and NVML does not know it. What the
  // library or the GPU cannot tell is empty.
  DeviceActivity Activity(const std::string& pci_bus_id) const;

 private:
  using Result = int;  // 0 is success
  using Gpu = void*;
  struct Utilization {
    unsigned gpu;  // in percent
    unsigned memory;
  };

  explicit Nvml(void* library);

  // The function's address; null when the library is too old or new for it.
  template <typename Function>
  Function* Find(const char* name) const;

  void* const library_;
  Result (*const shutdown_)();
  Result (*const driver_version_)(char*, unsigned);
  Result (*const gpu_at_)(const char* pci_bus_id, Gpu*);
  Result (*const utilization_)(Gpu, Utilization*);
  Result (*const milliwatts_)(Gpu, unsigned*);
  Result (*const celsius_)(Gpu, int sensor, unsigned*);
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_CUDA_NVML_H_

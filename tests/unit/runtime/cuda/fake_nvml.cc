// A stand-in for libnvidia-ml.so.1 with two GPUs, built in three kinds:
// WHOLE, OLD (without the functions for power and the driver), BROKEN (does not
// start).
#include <cstring>

namespace {

constexpr int kSuccess = 0, kNotSupported = 3, kNotFound = 6, kUnknown = 999;

int g_started = 0;

// The handle of the GPU at bus 01 knows everything, the one at bus 02 nothing.
char g_knowing, g_silent;

bool Knows(void* gpu) { return g_started > 0 && gpu == &g_knowing; }

}  // namespace

struct Utilization {
  unsigned gpu, memory;
};

extern "C" {

int nvmlInit_v2() {
#ifdef BROKEN
  return kUnknown;
#else
  ++g_started;
  return kSuccess;
#endif
}

int nvmlShutdown() {
  --g_started;
  return kSuccess;
}

int nvmlDeviceGetHandleByPciBusId_v2(const char* id, void** gpu) {
  if (std::strcmp(id, "0000:01:00.0") == 0) {
    *gpu = &g_knowing;
  } else if (std::strcmp(id, "0000:02:00.0") == 0) {
    *gpu = &g_silent;
  } else {
    return kNotFound;
  }
  return g_started > 0 ? kSuccess : kUnknown;
}

int nvmlDeviceGetUtilizationRates(void* gpu, Utilization* rates) {
  if (!Knows(gpu)) return kNotSupported;
  *rates = {75, 10};
  return kSuccess;
}

int nvmlDeviceGetTemperature(void* gpu, int sensor, unsigned* celsius) {
  if (!Knows(gpu) || sensor != 0) return kNotSupported;
  *celsius = 41;
  return kSuccess;
}

#ifndef OLD

int nvmlDeviceGetPowerUsage(void* gpu, unsigned* milliwatts) {
  if (!Knows(gpu)) return kNotSupported;
  *milliwatts = 250500;
  return kSuccess;
}

int nvmlSystemGetDriverVersion(char* version, unsigned length) {
  constexpr char kVersion[] = "580.65.06";
  if (length < sizeof kVersion) return kUnknown;
  std::memcpy(version, kVersion, sizeof kVersion);
  return kSuccess;
}

#endif

}  // extern "C"

// The entry of the module libsconce_cuda.so that has fake devices.

#include <cstdio>
#include <cstdlib>

#include "tests/support/fake_device/fake_backend.h"

namespace {

sconce::FakeBackend* MakeBackend() {
  const char* text = std::getenv("SCONCE_FAKE_DEVICE");
  const auto options =
      sconce::FakeBackendOptions::Parse(text == nullptr ? "" : text);
  if (!options.ok()) {
    std::fprintf(stderr, "%s\n", options.status().ToString().c_str());
    std::abort();
  }
  return new sconce::FakeBackend(*options);
}

}  // namespace

extern "C" sconce::DeviceBackend* SconceDeviceBackend(int version) {
  if (version != sconce::kDeviceBackendVersion) return nullptr;
  static sconce::FakeBackend* const backend = MakeBackend();
  return backend;
}

// There is nothing beside it to be loaded (runtime/cuda_libraries.h).
extern "C" const bool sconce_needs_no_driver = true;

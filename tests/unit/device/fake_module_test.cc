// The module with fake devices, loaded as the server does.
#include <dlfcn.h>

#include "gtest/gtest.h"

#include "server/device/device_backend.h"

namespace sconce {
namespace {

DeviceBackendEntry LoadEntry() {
  void* module = dlopen(SCONCE_FAKE_MODULE, RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) return nullptr;
  return reinterpret_cast<DeviceBackendEntry>(
      dlsym(module, kDeviceBackendEntry));
}

TEST(FakeModuleTest, GivesItsDevices) {
  const DeviceBackendEntry entry = LoadEntry();
  ASSERT_NE(entry, nullptr) << dlerror();
  DeviceBackend* backend = entry(kDeviceBackendVersion);
  ASSERT_NE(backend, nullptr);
  ASSERT_EQ(backend->count(), 1);
  const auto device = backend->Open(0, 1);
  ASSERT_TRUE(device.ok());
  EXPECT_EQ((*device)->name(), "cuda:0");
}

TEST(FakeModuleTest, HasNothingForAnotherVersion) {
  const DeviceBackendEntry entry = LoadEntry();
  ASSERT_NE(entry, nullptr) << dlerror();
  EXPECT_EQ(entry(kDeviceBackendVersion + 1), nullptr);
}

}  // namespace
}  // namespace sconce

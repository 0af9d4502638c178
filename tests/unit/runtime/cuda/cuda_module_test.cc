// The real libsconce_cuda.so with LibTorch's CUDA half, as far as a machine
// without a GPU can tell. Where there is one, it is found.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"

#include "server/device/device_backend.h"
#include "server/runtime/cuda_libraries.h"

namespace sconce {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::NotNull;

class CudaModuleTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (access(SCONCE_LIBTORCH_CUDA, F_OK) != 0) {
      GTEST_SKIP() << "this LibTorch is for CPUs: no " SCONCE_LIBTORCH_CUDA;
    }
  }

  // Null when something cannot be loaded; the test's output says what.
  static DeviceBackendEntry entry() {
    // First and for all: the module's symbols of CUDA are found there only.
    void* const torch = dlopen(SCONCE_LIBTORCH_CUDA, RTLD_NOW | RTLD_GLOBAL);
    void* const module =
        torch == nullptr ? nullptr
                         : dlopen(SCONCE_CUDA_MODULE, RTLD_NOW | RTLD_LOCAL);
    if (module == nullptr) {
      ADD_FAILURE() << dlerror();
      return nullptr;
    }
    return reinterpret_cast<DeviceBackendEntry>(
        dlsym(module, kDeviceBackendEntry));
  }
};

TEST_F(CudaModuleTest, IsRefusedForWantOfADeviceOnly) {
  const auto backend = LoadCudaBackend({.device_node = "/dev/null"});
  if (backend.ok()) {
    EXPECT_GT((*backend)->count(), 0);
    EXPECT_THAT((*backend)->description(),
                MatchesRegex("CUDA [0-9]+\\.[0-9]+, driver .+"));
    return;
  }
  EXPECT_EQ(backend.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(backend.status().message()),
              AllOf(HasSubstr("none can be used: CUDA "), HasSubstr("driver")));
}

TEST_F(CudaModuleTest, AnswersItsOwnVersionOnly) {
  ASSERT_THAT(entry(), NotNull());
  EXPECT_EQ(entry()(kDeviceBackendVersion + 1), nullptr);
  DeviceBackend* const backend = entry()(kDeviceBackendVersion);
  ASSERT_THAT(backend, NotNull());
  EXPECT_EQ(backend, entry()(kDeviceBackendVersion));
}

TEST_F(CudaModuleTest, ADeviceThatIsNotThereIsAnError) {
  ASSERT_THAT(entry(), NotNull());
  DeviceBackend* const backend = entry()(kDeviceBackendVersion);
  ASSERT_THAT(backend, NotNull());
  const int beyond = backend->count();
  EXPECT_EQ(backend->activity(beyond).utilization, std::nullopt);
  const auto device = backend->Open(beyond, 1.0);
  ASSERT_FALSE(device.ok());
  EXPECT_THAT(std::string(device.status().message()),
              HasSubstr(absl::StrCat("device 'cuda:", beyond, "'")));
}

}  // namespace
}  // namespace sconce

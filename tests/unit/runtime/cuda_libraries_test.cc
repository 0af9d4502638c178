#include "server/runtime/cuda_libraries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sconce {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// With a device (any file is one) and a library that is in every Debian.
CudaPaths With(const std::string& kind) {
  return {.device_node = "/dev/null",
          .library = "libm.so.6",
          .module = SCONCE_TEST_MODULES "tiny_backend-" + kind + ".so"};
}

std::string Refusal(const CudaPaths& paths, absl::StatusCode code) {
  const auto backend = LoadCudaBackend(paths);
  EXPECT_EQ(backend.status().code(), code);
  return std::string(backend.status().message());
}

std::string Unusable(const CudaPaths& paths) {
  return Refusal(paths, absl::StatusCode::kFailedPrecondition);
}

TEST(LoadCudaBackendTest, GivesTheModulesBackend) {
  const auto backend = LoadCudaBackend(With("whole"));
  ASSERT_TRUE(backend.ok()) << backend.status();
  EXPECT_EQ((*backend)->count(), 2);
}

TEST(LoadCudaBackendTest, WithoutADeviceNothingIsLoaded) {
  CudaPaths paths = With("whole");
  paths.device_node = "/dev/no-such-device";
  paths.library = "libno-such-library.so";
  EXPECT_EQ(Refusal(paths, absl::StatusCode::kNotFound),
            "no NVIDIA device (/dev/no-such-device)");
}

TEST(LoadCudaBackendTest, AModuleThatNeedsNoDriverIsLoadedAllTheSame) {
  CudaPaths paths = With("driverless");
  paths.device_node = "/dev/no-such-device";
  paths.library = "libno-such-library.so";
  const auto backend = LoadCudaBackend(paths);
  ASSERT_TRUE(backend.ok()) << backend.status();
  EXPECT_EQ((*backend)->count(), 2);
}

TEST(LoadCudaBackendTest,
     ABuildWithoutTheModuleIsToldBeforeTheLibraryIsLoaded) {
  CudaPaths paths = With("missing");
  paths.library = "libno-such-library.so";
  EXPECT_THAT(Unusable(paths),
              AllOf(HasSubstr("for CPUs only"), HasSubstr("-missing.so")));
}

TEST(LoadCudaBackendTest, AMissingLibraryIsTold) {
  CudaPaths paths = With("whole");
  paths.library = "libno-such-library.so";
  EXPECT_THAT(Unusable(paths), HasSubstr("libno-such-library.so"));
}

TEST(LoadCudaBackendTest, AModuleThatCannotBeLoadedIsTold) {
  CudaPaths paths = With("whole");
  paths.module = "/dev/null";
  EXPECT_THAT(Unusable(paths), HasSubstr("/dev/null"));
}

TEST(LoadCudaBackendTest, AModuleWithoutTheEntryIsTold) {
  EXPECT_THAT(Unusable(With("nameless")), HasSubstr(kDeviceBackendEntry));
}

TEST(LoadCudaBackendTest, AModuleOfAnotherVersionIsRefused) {
  EXPECT_THAT(Unusable(With("foreign")), HasSubstr("another version"));
}

TEST(LoadCudaBackendTest, WithoutAUsableDeviceTheModuleSaysWhy) {
  EXPECT_EQ(Unusable(With("empty")),
            "there is an NVIDIA device, but none can be used: a tiny backend");
}

}  // namespace
}  // namespace sconce

#include "server/runtime/cuda_libraries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sconce {
namespace {

using ::testing::HasSubstr;

TEST(LoadCudaLibrariesTest, WithoutADeviceNothingIsLoaded) {
  const absl::Status status = LoadCudaLibraries(
      {.device_node = "/dev/no-such-device", .library = "libm.so.6"});
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("/dev/no-such-device"));
}

TEST(LoadCudaLibrariesTest, ADeviceWithoutTheLibraryIsTold) {
  const absl::Status status = LoadCudaLibraries(
      {.device_node = "/dev/null", .library = "libno-such-library.so"});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("libno-such-library.so"));
}

TEST(LoadCudaLibrariesTest, TheLibraryIsLoadedWhereADeviceIs) {
  EXPECT_TRUE(
      LoadCudaLibraries({.device_node = "/dev/null", .library = "libm.so.6"})
          .ok());
}

}  // namespace
}  // namespace sconce

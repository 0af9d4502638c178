#include "server/runtime/cuda/error_meaning.h"

#include <gtest/gtest.h>

namespace sconce {
namespace {

TEST(EndsDeviceTest, AfterAFaultOfAKernelTheDeviceIsLost) {
  // Illegal address, assert, launch failure, ECC.
  for (const int code : {700, 710, 719, 214}) EXPECT_TRUE(EndsDevice(code));
}

TEST(EndsDeviceTest, AfterARefusedCallItIsNot) {
  // Success, invalid value, out of memory, not ready, recording invalid.
  for (const int code : {0, 1, 2, 600, 901}) EXPECT_FALSE(EndsDevice(code));
}

TEST(DeviceOutOfMemoryTest, NamesTheBytesThatLibTorchNames) {
  const absl::Status status = DeviceOutOfMemory(
      "cuda:1",
      "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 1 has a total "
      "capacity of 79.11 GiB of which 3.25 MiB is free.");
  EXPECT_EQ(status, absl::ResourceExhaustedError(
                        "device 'cuda:1' is out of memory: 20.00 MiB were "
                        "asked for"));
}

TEST(DeviceOutOfMemoryTest, DoesWithoutThem) {
  EXPECT_EQ(DeviceOutOfMemory("cuda:0", ""),
            absl::ResourceExhaustedError("device 'cuda:0' is out of memory"));
}

TEST(DeviceErrorTest, ShowsTheFirstLine) {
  EXPECT_EQ(DeviceError("cuda:0",
                        "CUDA error: invalid argument\nCUDA kernel errors "
                        "might be asynchronously reported"),
            absl::InternalError("device 'cuda:0': CUDA error: invalid "
                                "argument"));
}

TEST(DeviceErrorTest, ShowsNoPath) {
  EXPECT_EQ(DeviceError("cuda:0",
                        "pool INTERNAL ASSERT FAILED at \"/build/a.cpp\":12, "
                        "please report a bug to PyTorch."),
            absl::InternalError("device 'cuda:0': a check inside LibTorch "
                                "failed"));
}

}  // namespace
}  // namespace sconce

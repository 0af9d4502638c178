// The real libsconce_cuda.so and the real CUDA half of LibTorch, with a fake
// run-time library of CUDA below them: everything but the GPU.
#include <ATen/ops/empty.h>
#include <ATen/ops/rand.h>
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "server/base/thread.h"
#include "server/device/device_backend.h"
#include "server/device/device_error.h"
#include "server/runtime/cuda_libraries.h"
#include "tests/unit/runtime/cuda/fake_cudart.h"

namespace sconce {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int kIllegalAddress = 700;
constexpr int kThreadLocal = 1;  // cudaStreamCaptureModeThreadLocal
constexpr size_t kBytes = 1000;

// Loaded once, never closed.
DeviceBackend* Backend() {
  static DeviceBackend* const backend = [] {
    const char* const driver = SCONCE_TEST_MODULES "fake_driver-whole.so";
    if (dlopen(driver, RTLD_NOW | RTLD_GLOBAL) == nullptr) {
      throw std::runtime_error(dlerror());
    }
    return LoadCudaBackend(
               {.device_node = "/dev/null", .module = SCONCE_CUDA_MODULE})
        .value();
  }();
  return backend;
}

// Opened once, as the backend asks for.
Device* DeviceAt(int index) {
  static std::vector<std::unique_ptr<Device>>* const devices = [] {
    auto* const opened = new std::vector<std::unique_ptr<Device>>;
    for (int i = 0; i < Backend()->count(); ++i) {
      opened->push_back(Backend()->Open(i, 0.5).value());
    }
    return opened;
  }();
  return devices->at(index).get();
}

at::Tensor TensorOnDevice(int64_t elements) {
  return at::empty({elements}, at::device(at::kCUDA));
}

// Waits for the device, which no recording survives.
absl::Status WaitWithin(DeviceStream* stream) {
  return stream->Run([] {
    const at::Tensor tensor = TensorOnDevice(1);
    tensor.item();
    return absl::OkStatus();
  });
}

absl::Status DrawRandomNumbers() {
  at::rand({8}, at::device(at::kCUDA));
  return absl::OkStatus();
}

class CudaDeviceTest : public ::testing::Test {
 protected:
  CudaDeviceTest() { TheCudart()->event = 0; }

  absl::StatusOr<std::unique_ptr<DeviceGraph>> Record(
      std::function<absl::Status()> body, DeviceGraph* beside = nullptr) {
    return device_->Record(stream_.get(), std::move(body), beside);
  }

  Device* const device_ = DeviceAt(0);
  const std::unique_ptr<DeviceStream> stream_ =
      device_->MakeStream(StreamPriority::kNormal).value();
};

TEST_F(CudaDeviceTest, IsDescribedAndCounted) {
  EXPECT_THAT(Backend()->description(), StartsWith("CUDA "));
  EXPECT_EQ(Backend()->count(), FakeCudart::kDevices);
  EXPECT_EQ(device_->name(), "cuda:0");
  EXPECT_EQ(device_->torch_name(), "cuda:0");
}

TEST_F(CudaDeviceTest, CopiesInAndOut) {
  const auto memory = device_->Allocate(kBytes).value();
  const auto in = device_->AllocateHost(kBytes).value();
  const auto out = device_->AllocateHost(kBytes).value();
  std::memset(in->data(), 7, kBytes);
  ASSERT_TRUE(stream_->CopyIn(in->data(), memory->data(), kBytes).ok());
  const auto event = device_->MakeEvent();
  ASSERT_TRUE(stream_->Record(event.get()).ok());
  ASSERT_TRUE(stream_->WaitFor(event.get()).ok());
  ASSERT_TRUE(stream_->CopyOut(memory->data(), out->data(), kBytes).ok());
  EXPECT_TRUE(event->IsDone().value());
  EXPECT_EQ(std::memcmp(in->data(), out->data(), kBytes), 0);
}

TEST_F(CudaDeviceTest, CountsMemoryAndGivesTheCacheBack) {
  device_->FreeCache();
  const DeviceMemoryUse before = device_->memory();
  EXPECT_EQ(before.total, int64_t{FakeCudart::kMemory});
  EXPECT_EQ(before.limit, before.total / 2);
  auto memory = device_->Allocate(kBytes).value();
  EXPECT_GE(device_->memory().allocated, before.allocated + int64_t{kBytes});
  memory.reset();
  EXPECT_EQ(device_->memory().allocated, before.allocated);
  EXPECT_GT(device_->memory().reserved, before.reserved);
  device_->FreeCache();
  EXPECT_EQ(device_->memory().reserved, before.reserved);
}

TEST_F(CudaDeviceTest, FreesWithoutWaiting) {
  auto memory = device_->Allocate(kBytes).value();
  auto host = device_->AllocateHost(kBytes).value();
  const FakeCudart before = *TheCudart();
  memory.reset();
  host.reset();
  host = device_->AllocateHost(kBytes).value();
  EXPECT_EQ(TheCudart()->frees, before.frees);
  EXPECT_EQ(TheCudart()->waits, before.waits);
  EXPECT_EQ(TheCudart()->host_allocations, before.host_allocations);
}

TEST_F(CudaDeviceTest, ShortMemoryNamesTheBytes) {
  EXPECT_EQ(device_->Allocate(FakeCudart::kMemory).status(),
            absl::ResourceExhaustedError(
                "device 'cuda:0': no 1073741824 bytes of the device's memory "
                "are left"));
  EXPECT_EQ(stream_->Run([] {
    TensorOnDevice(FakeCudart::kMemory);
    return absl::OkStatus();
  }),
            absl::ResourceExhaustedError(
                "device 'cuda:0' is out of memory: 4.00 GiB were asked for"));
}

TEST_F(CudaDeviceTest, UsesTheRightDeviceAndLeavesTheThreadsAlone) {
  const auto memory = DeviceAt(1)->Allocate(kBytes).value();
  EXPECT_EQ(TheCudart()->allocated_on, 1);
  EXPECT_EQ(TheCudart()->device, 0);
}

TEST_F(CudaDeviceTest, RunsOperatorsAndPassesErrorsOn) {
  EXPECT_TRUE(WaitWithin(stream_.get()).ok());
  const absl::Status refused = absl::InvalidArgumentError("no");
  EXPECT_EQ(stream_->Run([&] { return refused; }), refused);
  EXPECT_EQ(stream_->Run(
                []() -> absl::Status { throw std::runtime_error("thrown"); }),
            absl::InternalError("device 'cuda:0': thrown"));
}

TEST_F(CudaDeviceTest, HandsOutNoStreamTwice) {
  std::vector<std::unique_ptr<DeviceStream>> streams;
  absl::Status refused;
  for (int i = 0; i <= 32; ++i) {
    auto stream = device_->MakeStream(StreamPriority::kHigh);
    refused = stream.status();
    if (stream.ok()) streams.push_back(*std::move(stream));
  }
  EXPECT_EQ(streams.size(), 32u);
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  streams.pop_back();
  EXPECT_TRUE(device_->MakeStream(StreamPriority::kHigh).ok());
}

TEST_F(CudaDeviceTest, RecordsAndRepeats) {
  at::Tensor output;
  auto graph = Record([&] {
    output = TensorOnDevice(1);
    return absl::OkStatus();
  });
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_EQ(TheCudart()->record_mode, kThreadLocal);
  const int before = TheCudart()->launches;
  EXPECT_TRUE((*graph)->Replay(stream_.get()).ok());
  EXPECT_EQ(TheCudart()->launches, before + 1);
}

TEST_F(CudaDeviceTest, AFailedRecordingLeavesNothingBehind) {
  device_->FreeCache();
  const DeviceMemoryUse before = device_->memory();
  const auto graph = Record([&] {
    const at::Tensor tensor = TensorOnDevice(1 << 20);
    tensor[0].item();
    return absl::OkStatus();
  });
  EXPECT_THAT(std::string(graph.status().message()),
              HasSubstr("not permitted when stream is capturing"));
  EXPECT_FALSE(IsDeviceFailure(graph.status()));
  EXPECT_EQ(TheCudart()->last_error, 0);
  EXPECT_TRUE(WaitWithin(stream_.get()).ok()) << "the stream is usable";
  device_->FreeCache();
  EXPECT_EQ(device_->memory().allocated, before.allocated);
  EXPECT_EQ(device_->memory().reserved, before.reserved);
}

TEST_F(CudaDeviceTest, ARecordingWhoseErrorWasSwallowedFailsToo) {
  const auto graph = Record([] {
    try {
      TensorOnDevice(1).item();
    } catch (const std::exception&) {
      // As a model may.
    }
    return absl::OkStatus();
  });
  EXPECT_EQ(graph.status().code(), absl::StatusCode::kInternal);
  EXPECT_TRUE(WaitWithin(stream_.get()).ok());
}

TEST_F(CudaDeviceTest, AfterAFailedRecordingAnotherOneSucceeds) {
  const absl::Status refused = absl::InvalidArgumentError("no");
  const auto nothing = [] { return absl::OkStatus(); };
  EXPECT_EQ(Record([&] { return refused; }).status(), refused);
  EXPECT_TRUE(Record(nothing).ok());
}

// Memory that is free again for the next operator of the stream.
absl::Status UseFourMebibytes() {
  TensorOnDevice(1 << 20);
  return absl::OkStatus();
}

TEST_F(CudaDeviceTest, AGraphUsesTheMemoryOfTheOneBeside) {
  device_->FreeCache();
  const int64_t before = device_->memory().reserved;
  auto first = Record(UseFourMebibytes).value();
  const int64_t kept = first->memory();
  EXPECT_GE(kept, 4 << 20);
  auto second = Record(UseFourMebibytes, first.get()).value();
  device_->FreeCache();
  EXPECT_EQ(device_->memory().reserved, before + kept);
  first.reset();
  device_->FreeCache();
  EXPECT_EQ(device_->memory().reserved, before + kept);
  EXPECT_EQ(second->memory(), kept);
  EXPECT_TRUE(second->Replay(stream_.get()).ok());
  second.reset();
  device_->FreeCache();
  EXPECT_EQ(device_->memory().reserved, before);
}

TEST_F(CudaDeviceTest, AFailedRecordingLeavesTheOneBesideAsItWas) {
  device_->FreeCache();
  const int64_t before = device_->memory().reserved;
  auto first = Record(UseFourMebibytes).value();
  const int64_t kept = first->memory();
  const auto failing = [] {
    TensorOnDevice(1 << 20)[0].item();
    return absl::OkStatus();
  };
  EXPECT_FALSE(Record(failing, first.get()).ok());
  device_->FreeCache();
  EXPECT_EQ(first->memory(), kept);
  EXPECT_TRUE(first->Replay(stream_.get()).ok());
  EXPECT_TRUE(Record(UseFourMebibytes, first.get()).ok());
  first.reset();
  device_->FreeCache();
  EXPECT_EQ(device_->memory().reserved, before);
}

TEST_F(CudaDeviceTest, OtherStreamsHaveRandomNumbersWhileOneIsRecorded) {
  const auto other = device_->MakeStream(StreamPriority::kNormal).value();
  absl::Status drawn = absl::UnknownError("not drawn");
  const auto draw = [&] { drawn = other->Run(DrawRandomNumbers); };
  const auto graph = Record([&] {
    Thread("other", draw).Join();
    return absl::OkStatus();
  });
  EXPECT_TRUE(graph.ok()) << graph.status();
  EXPECT_TRUE(drawn.ok()) << drawn;
  drawn = absl::UnknownError("not drawn");
  draw();
  EXPECT_TRUE(drawn.ok()) << drawn;
  EXPECT_TRUE((*graph)->Replay(stream_.get()).ok());
}

TEST_F(CudaDeviceTest, RandomNumbersAreNotRecordedButDrawnAfterwards) {
  const auto caught = []() -> absl::Status {
    try {
      return DrawRandomNumbers();
    } catch (const std::exception& e) {
      return absl::InternalError(e.what());  // as a call of a method
    }
  };
  const absl::Status expected = absl::UnimplementedError(
      "it uses random numbers, which cannot be recorded");
  EXPECT_EQ(Record(caught).status(), expected);
  EXPECT_TRUE(stream_->Run(DrawRandomNumbers).ok());
  const auto nothing = [] { return absl::OkStatus(); };
  EXPECT_TRUE(Record(nothing).ok());
}

TEST_F(CudaDeviceTest, FailsForGoodWithItsDevice) {
  Device* const failing = DeviceAt(1);
  const auto stream = failing->MakeStream(StreamPriority::kNormal).value();
  const auto memory = failing->Allocate(kBytes).value();
  EXPECT_TRUE(failing->Check().ok());
  TheCudart()->sticky = kIllegalAddress;
  const absl::Status failure = WaitWithin(stream.get());
  TheCudart()->sticky = 0;
  EXPECT_TRUE(IsDeviceFailure(failure)) << failure;
  EXPECT_EQ(failing->Check(), failure);
  EXPECT_EQ(failing->Allocate(kBytes).status(), failure);
  EXPECT_EQ(failing->Synchronize(), failure);
  EXPECT_TRUE(device_->Check().ok()) << "the other one";
}

}  // namespace
}  // namespace sconce

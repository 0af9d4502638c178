#include "tests/support/fake_device/fake_backend.h"

#include <memory>

#include "gtest/gtest.h"

#include "server/device/device_error.h"

namespace sconce {
namespace {

std::unique_ptr<Device> Open(absl::string_view text, int index = 0,
                             double memory_fraction = 1) {
  return *FakeBackend(*FakeBackendOptions::Parse(text))
              .Open(index, memory_fraction);
}

absl::Status RunOnce(Device* device, DeviceStream* stream, size_t input) {
  auto host = *device->AllocateHost(input);
  auto memory = *device->Allocate(input);
  EXPECT_TRUE(stream->CopyIn(host->data(), memory->data(), input).ok());
  EXPECT_TRUE(device->Synchronize().ok());
  return stream->Run([] { return absl::OkStatus(); });
}

TEST(FakeBackendTest, HasOneDeviceWhenNothingIsSaid) {
  const FakeBackend backend(*FakeBackendOptions::Parse(""));
  EXPECT_EQ(backend.count(), 1);
  EXPECT_EQ(backend.activity(0).power_watts, 100);
}

TEST(FakeBackendTest, ReadsItsOptions) {
  const auto options = FakeBackendOptions::Parse(
      "count=2,memory=64MiB,copy_us=200,run_us=300,max_input=1KiB,oom_run=3,"
      "fail_copy=4,hang_run=5,fail_after=1000,fail_device=1,fail_open=1,"
      "streams=6,graph_memory=2KiB");
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->count, 2);
  EXPECT_EQ(options->device.memory, 64 << 20);
  EXPECT_EQ(options->device.copy_time, std::chrono::microseconds(200));
  EXPECT_EQ(options->device.run_time, std::chrono::microseconds(300));
  EXPECT_EQ(options->device.largest_input, 1024u);
  EXPECT_EQ(options->device.graph_memory, 2048u);
  EXPECT_EQ(options->oom_run, 3);
  EXPECT_EQ(options->fail_copy, 4);
  EXPECT_EQ(options->hang_run, 5);
  EXPECT_EQ(options->fail_after, 1000);
  EXPECT_EQ(options->fail_device, 1);
  EXPECT_EQ(options->fail_open, 1);
  EXPECT_EQ(options->device.streams, 6);
}

TEST(FakeBackendTest, RefusesWhatItDoesNotKnow) {
  for (const char* text : {"cuont=2", "count", "count=", "count=-1", "count=x",
                           "count=1,memory=3 miles"}) {
    EXPECT_TRUE(
        absl::IsInvalidArgument(FakeBackendOptions::Parse(text).status()))
        << text;
  }
}

TEST(FakeBackendTest, NamesDevicesAsTheServerDoes) {
  EXPECT_EQ(Open("count=2", 1)->name(), "cuda:1");
  EXPECT_EQ(Open("count=2", 1)->torch_name(), "cpu");
  EXPECT_EQ(Open("memory=1000", 0, 0.25)->memory().limit, 250);
}

TEST(FakeBackendTest, LargeBatchesAreOutOfMemory) {
  auto device = Open("max_input=100");
  auto stream = *device->MakeStream(StreamPriority::kNormal);
  EXPECT_TRUE(RunOnce(device.get(), stream.get(), 100).ok());
  EXPECT_TRUE(
      absl::IsResourceExhausted(RunOnce(device.get(), stream.get(), 101)));
  EXPECT_TRUE(RunOnce(device.get(), stream.get(), 50).ok());
}

TEST(FakeBackendTest, OneRunIsOutOfMemory) {
  auto device = Open("oom_run=2");
  auto stream = *device->MakeStream(StreamPriority::kNormal);
  EXPECT_TRUE(RunOnce(device.get(), stream.get(), 1).ok());
  EXPECT_TRUE(
      absl::IsResourceExhausted(RunOnce(device.get(), stream.get(), 1)));
  EXPECT_TRUE(RunOnce(device.get(), stream.get(), 1).ok());
}

TEST(FakeBackendTest, TheWorkOfOneRunEndsWhenTheDeviceIsGivenUp) {
  auto device = Open("hang_run=2");
  auto stream = *device->MakeStream(StreamPriority::kNormal);
  auto event = device->MakeEvent();
  const auto run = [&] {
    EXPECT_TRUE(stream->Run([] { return absl::OkStatus(); }).ok());
    EXPECT_TRUE(stream->Record(event.get()).ok());
  };
  run();
  EXPECT_TRUE(device->Synchronize().ok());
  EXPECT_EQ(event->IsDone().value(), true);
  run();
  EXPECT_EQ(event->IsDone().value(), false);
  const absl::Status failure = device->Fail("it is stuck");
  EXPECT_TRUE(IsDeviceFailure(failure));
  EXPECT_EQ(event->IsDone().status(), failure);
  EXPECT_EQ(device->Fail("again"), failure);
}

TEST(FakeBackendTest, OneDeviceCannotBeOpened) {
  const FakeBackend backend(*FakeBackendOptions::Parse("count=2,fail_open=1"));
  EXPECT_TRUE(FakeBackend(backend).Open(0, 1).ok());
  EXPECT_TRUE(absl::IsInternal(FakeBackend(backend).Open(1, 1).status()));
}

TEST(FakeBackendTest, HasSoManyStreams) {
  auto device = Open("streams=1");
  auto stream = *device->MakeStream(StreamPriority::kNormal);
  EXPECT_TRUE(absl::IsResourceExhausted(
      device->MakeStream(StreamPriority::kHigh).status()));
  stream.reset();
  EXPECT_TRUE(device->MakeStream(StreamPriority::kHigh).ok());
}

TEST(FakeBackendTest, OnlyTheDeviceThatIsToFailDoes) {
  const char text[] = "count=2,fail_after=2,fail_device=1";
  auto first = Open(text, 0), second = Open(text, 1);
  for (Device* device : {first.get(), second.get()}) {
    EXPECT_TRUE(device->Check().ok());
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(device->Allocate(1).ok());
  }
  EXPECT_TRUE(first->Check().ok());
  EXPECT_TRUE(IsDeviceFailure(second->Check()));
}

}  // namespace
}  // namespace sconce

#include "tests/support/fake_device/fake_device.h"

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/base/notification.h"
#include "server/base/thread.h"
#include "server/device/device_error.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

FakeDeviceOptions With(std::vector<std::string>* misuses) {
  FakeDeviceOptions options;
  options.memory = 1000;
  options.on_misuse = [misuses](const std::string& what) {
    misuses->push_back(what);
  };
  return options;
}

class FakeDeviceTest : public ::testing::Test {
 protected:
  // For a stream's thread and, after Synchronize(), for the test.
  std::vector<std::string> misuses_;
  FakeDevice device_{With(&misuses_)};

  std::unique_ptr<DeviceMemory> host_ = *device_.AllocateHost(4);
  std::unique_ptr<DeviceMemory> memory_ = *device_.Allocate(4);
  std::unique_ptr<DeviceEvent> event_ = device_.MakeEvent();

  Notification gate_;
  std::vector<int> done_;  // by kernels

  std::unique_ptr<FakeStream> stream_ = MakeStream();
  std::unique_ptr<FakeStream> other_ = MakeStream();

  void TearDown() override {
    if (!gate_.HasBeenNotified()) gate_.Notify();
  }

  std::unique_ptr<FakeStream> MakeStream() {
    auto stream = *device_.MakeStream(StreamPriority::kNormal);
    return std::unique_ptr<FakeStream>(
        static_cast<FakeStream*>(stream.release()));
  }
  void LaunchHeld(FakeStream* stream) {
    EXPECT_TRUE(stream->Launch([this] { gate_.Wait(); }).ok());
  }
  void LaunchNote(FakeStream* stream, int number) {
    EXPECT_TRUE(
        stream->Launch([this, number] { done_.push_back(number); }).ok());
  }
  void Synchronize() {
    if (!gate_.HasBeenNotified()) gate_.Notify();
    EXPECT_TRUE(device_.Synchronize().ok());
  }
  std::string TextOf(const DeviceMemory& memory) {
    return std::string(static_cast<char*>(memory.data()), 4);
  }
};

TEST_F(FakeDeviceTest, AStreamWorksInOrder) {
  LaunchHeld(stream_.get());
  for (int i : {1, 2, 3}) LaunchNote(stream_.get(), i);
  Synchronize();
  EXPECT_THAT(done_, ElementsAre(1, 2, 3));
}

TEST_F(FakeDeviceTest, StreamsWorkBesideEachOther) {
  LaunchHeld(stream_.get());
  Notification beside;
  EXPECT_TRUE(other_->Launch([&] { beside.Notify(); }).ok());
  beside.Wait();
}

TEST_F(FakeDeviceTest, AnEventIsDoneWhenItsStreamCameToIt) {
  EXPECT_TRUE(*event_->IsDone());  // never recorded
  LaunchHeld(stream_.get());
  ASSERT_TRUE(stream_->Record(event_.get()).ok());
  EXPECT_FALSE(*event_->IsDone());
  Synchronize();
  EXPECT_TRUE(*event_->IsDone());
}

TEST_F(FakeDeviceTest, AStreamWaitsForTheEventOfAnother) {
  LaunchHeld(stream_.get());
  LaunchNote(stream_.get(), 1);
  ASSERT_TRUE(stream_->Record(event_.get()).ok());
  ASSERT_TRUE(other_->WaitFor(event_.get()).ok());
  LaunchNote(other_.get(), 2);
  Synchronize();
  EXPECT_THAT(done_, ElementsAre(1, 2));
}

TEST_F(FakeDeviceTest, CopiesBothWays) {
  std::memcpy(host_->data(), "abcd", 4);
  auto back = *device_.AllocateHost(4);
  ASSERT_TRUE(stream_->CopyIn(host_->data(), memory_->data(), 4).ok());
  ASSERT_TRUE(stream_->CopyOut(memory_->data(), back->data(), 4).ok());
  Synchronize();
  EXPECT_EQ(TextOf(*back), "abcd");
  EXPECT_THAT(misuses_, IsEmpty());
}

TEST_F(FakeDeviceTest, FindsMemoryThatIsNotItsOwn) {
  char elsewhere[4] = {};
  EXPECT_FALSE(stream_->CopyIn(elsewhere, memory_->data(), 4).ok());
  EXPECT_FALSE(stream_->CopyIn(host_->data(), memory_->data(), 5).ok());
  EXPECT_THAT(misuses_, ElementsAre(HasSubstr("page-locked memory for device "
                                              "'cuda:0' that was never"),
                                    HasSubstr("never allocated")));
}

TEST_F(FakeDeviceTest, FindsMemoryFreedBeforeItsCopyWasDone) {
  LaunchHeld(stream_.get());
  ASSERT_TRUE(stream_->CopyOut(memory_->data(), host_->data(), 4).ok());
  memory_.reset();
  // Likely at the same address; it is another allocation all the same.
  memory_ = *device_.Allocate(4);
  Synchronize();
  EXPECT_THAT(misuses_, ElementsAre(HasSubstr("freed before")));
}

TEST_F(FakeDeviceTest, FindsHostMemoryUsedAgainBeforeItsCopyWasDone) {
  std::memcpy(host_->data(), "abcd", 4);
  LaunchHeld(stream_.get());
  ASSERT_TRUE(stream_->CopyIn(host_->data(), memory_->data(), 4).ok());
  std::memcpy(host_->data(), "next", 4);
  Synchronize();
  EXPECT_THAT(misuses_, ElementsAre(HasSubstr("written to before")));
}

TEST(FakeDeviceDeathTest, MisuseEndsTheProcess) {
  FakeDevice device({});
  EXPECT_DEATH(device.Misuse("memory was freed"), "memory was freed");
}

TEST_F(FakeDeviceTest, KeepsCountOfItsMemory) {
  FakeDeviceOptions options;
  options.memory = 1000;
  options.memory_fraction = 0.5;
  FakeDevice device(options);
  auto memory = *device.Allocate(400);
  EXPECT_TRUE(absl::IsResourceExhausted(device.Allocate(101).status()));
  memory.reset();
  const DeviceMemoryUse kept = device.memory();
  EXPECT_EQ(kept.total, 1000);
  EXPECT_EQ(kept.limit, 500);
  EXPECT_EQ(kept.allocated, 0);
  EXPECT_EQ(kept.reserved, 400);
  device.FreeCache();
  EXPECT_EQ(device.memory().reserved, 0);
}

TEST_F(FakeDeviceTest, GraphsShareTheMemoryOfTheOneBeside) {
  FakeDeviceOptions options;
  options.graph_memory = 400;
  FakeDevice device(options);
  const auto stream = *device.MakeStream(StreamPriority::kNormal);
  const auto nothing = [] { return absl::OkStatus(); };
  auto first = *device.Record(stream.get(), nothing, nullptr);
  const auto second = *device.Record(stream.get(), nothing, first.get());
  EXPECT_EQ(device.memory().allocated, 400);
  first.reset();
  EXPECT_EQ(second->memory(), 400);
  const auto other = *device.Record(stream.get(), nothing, nullptr);
  EXPECT_EQ(device.memory().allocated, 800);
}

TEST_F(FakeDeviceTest, AfterAFailureEveryCallFailsAndNothingIsDone) {
  LaunchHeld(stream_.get());
  LaunchNote(stream_.get(), 1);
  device_.faults()->FailDevice();
  EXPECT_TRUE(IsDeviceFailure(stream_->Launch([] {})));
  EXPECT_TRUE(IsDeviceFailure(stream_->Record(event_.get())));
  EXPECT_TRUE(IsDeviceFailure(stream_->WaitFor(event_.get())));
  EXPECT_TRUE(IsDeviceFailure(event_->IsDone().status()));
  EXPECT_TRUE(IsDeviceFailure(device_.Allocate(1).status()));
  EXPECT_TRUE(IsDeviceFailure(device_.Synchronize()));
  EXPECT_TRUE(IsDeviceFailure(device_.Check()));
  gate_.Notify();
  stream_.reset();
  EXPECT_THAT(done_, IsEmpty());
}

TEST_F(FakeDeviceTest, AGraphDoesItsWorkWhenItIsReplayed) {
  const auto note = [this] {
    LaunchNote(stream_.get(), 7);
    return absl::OkStatus();
  };
  const auto graph = device_.Record(stream_.get(), note, nullptr);
  ASSERT_TRUE(graph.ok());
  Synchronize();
  EXPECT_THAT(done_, IsEmpty());
  for (int i = 0; i < 2; ++i) EXPECT_TRUE((*graph)->Replay(stream_.get()).ok());
  Synchronize();
  EXPECT_THAT(done_, ElementsAre(7, 7));
}

TEST_F(FakeDeviceTest, ACopyCannotBeRecorded) {
  const auto copy = [this] {
    return stream_->CopyIn(host_->data(), memory_->data(), 4);
  };
  const auto graph = device_.Record(stream_.get(), copy, nullptr);
  EXPECT_TRUE(absl::IsFailedPrecondition(graph.status()));
  EXPECT_TRUE(stream_->CopyIn(host_->data(), memory_->data(), 4).ok());
}

TEST(FakeDeviceOperatorsTest, OfTheCallerHaveTheirTurnInTheStream) {
  FakeDeviceOptions options;
  options.operators_on_caller = true;
  FakeDevice device(options);
  std::vector<int> done;
  auto made = *device.MakeStream(StreamPriority::kNormal);
  auto* stream = static_cast<FakeStream*>(made.get());
  ASSERT_TRUE(stream->Launch([&] { done.push_back(1); }).ok());
  EXPECT_TRUE(absl::IsAborted(stream->Run([&] {
    // What is added meanwhile comes later.
    EXPECT_TRUE(stream->Launch([&] { done.push_back(3); }).ok());
    done.push_back(2);
    return absl::AbortedError("what the operators return");
  })));
  made.reset();
  EXPECT_THAT(done, ElementsAre(1, 2, 3));
}

}  // namespace
}  // namespace sconce

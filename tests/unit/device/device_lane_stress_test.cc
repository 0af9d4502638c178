#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "server/base/status_macros.h"
#include "server/base/thread.h"
#include "server/device/device_run.h"
#include "tests/support/fake_device/fake_lane.h"

namespace sconce {
namespace {

constexpr int kBatches = 200;

// A thread of a lane that carries batches of all sizes, some of which fail.
// What a batch used is freed at once: the fake device finds what was too early.
class Carrier {
 public:
  Carrier(FakeLane* fake, unsigned seed) : fake_(fake), random_(seed) {}

  void Main() {
    DeviceSeat::Take(fake_->lane.get());
    for (int i = 0; i < kBatches; ++i) RunOne();
  }

 private:
  size_t Draw(size_t below) { return random_() % below; }

  void RunOne() {
    const size_t size = 1 + Draw(Draw(10) == 0 ? 100'000 : 500);
    const std::string text(size, static_cast<char>('a' + Draw(20)));
    auto on_device = fake_->device.Allocate(size);
    auto result = fake_->device.AllocateHost(size);
    ASSERT_TRUE(on_device.ok() && result.ok());
    priority_ = Draw(4) == 0 ? StreamPriority::kHigh : StreamPriority::kNormal;
    absl::Status status;
    {
      DeviceRun run(DeviceSeat::Current(), priority_);
      status = Carry(&run, text, on_device->get(), result->get());
    }
    if (absl::IsAborted(status)) return;
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_EQ(std::string(static_cast<char*>((*result)->data()), size),
              std::string(size, static_cast<char>(text[0] + 1)));
  }

  absl::Status Carry(DeviceRun* run, const std::string& text,
                     DeviceMemory* made, DeviceMemory* result) {
    RETURN_IF_ERROR(run->staging()->Begin(text.size(), 1));
    const Staging::Place input = run->staging()->Add(text.size());
    std::memcpy(input.host, text.data(), text.size());
    RETURN_IF_ERROR(run->Upload());
    RETURN_IF_ERROR(FailSometimes());
    RETURN_IF_ERROR(run->Compute([&] { return Launch(input.device, made); }));
    RETURN_IF_ERROR(
        run->Download({{made->data(), result->data(), text.size()}}));
    RETURN_IF_ERROR(FailSometimes());
    return run->Wait();
  }

  absl::Status FailSometimes() {
    return Draw(10) == 0 ? absl::AbortedError("drawn") : absl::OkStatus();
  }

  // The kernel is on its way also where the launch ends with an error.
  absl::Status Launch(const uint8_t* from, DeviceMemory* made) {
    RETURN_IF_ERROR(fake_->compute(priority_)->Launch(
        [from, to = static_cast<uint8_t*>(made->data()), size = made->size()] {
          for (size_t i = 0; i < size; ++i) to[i] = from[i] + 1;
        }));
    return FailSometimes();
  }

  FakeLane* const fake_;
  std::minstd_rand random_;
  StreamPriority priority_ = StreamPriority::kNormal;  // of this batch
};

// In every order that comes about; thread sanitizer looks on, too.
TEST(DeviceLaneStressTest, ManyBatchesOfTwoThreadsKeepOutOfEachOthersMemory) {
  FakeLane fake;
  {
    std::vector<Thread> lanes;
    for (unsigned seed : {1u, 2u}) {
      lanes.emplace_back("lane",
                         [&fake, seed] { Carrier(&fake, seed).Main(); });
    }
  }
  EXPECT_EQ(fake.failures, 0);
  EXPECT_EQ(fake.device.synchronized(), 0);
  EXPECT_EQ(fake.device.memory().allocated, 0);
}

}  // namespace
}  // namespace sconce

// Threads that take handles while another reloads: a fixed amount of work, to
// be run under the sanitizers too.
#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "tests/support/model_ground.h"

namespace sconce {
namespace {

constexpr int kReloads = 300;

class ManagerStressTest : public ManagerOnGround {
 protected:
  // Takes handles until `done`, at least once.
  void TakeHandles(const std::atomic<bool>& done,
                   const std::atomic<int64_t>& promised) {
    do {
      const int64_t least = promised;
      const auto handle = manager_->GetHandle("net", {});
      ASSERT_TRUE(handle.ok()) << handle.status();
      const ServableId id = (*handle)->id();
      EXPECT_GE(id.version, least);
      EXPECT_TRUE(ground_.IsAlive(id.instance));
      const auto& servable = static_cast<const GroundServable&>(**handle);
      EXPECT_EQ(servable.content(), absl::StrCat(id.version, "a"));
    } while (!done);
  }
};

// A handle is never of a version below the one whose load was answered last.
TEST_F(ManagerStressTest, RequestsAlwaysFindTheVersionTheyWerePromised) {
  Start(2);
  ASSERT_TRUE(Ask("net", {"1a"})->Wait().ok());
  std::atomic<bool> done = false;
  std::atomic<int64_t> promised = 1;
  std::vector<Thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back("read", [&] { TakeHandles(done, promised); });
  }
  for (int version = 2; version < kReloads; ++version) {
    EXPECT_TRUE(Ask("net", {absl::StrCat(version, "a")})->Wait().ok());
    promised = version;
  }
  done = true;
}

TEST_F(ManagerStressTest, ANamedVersionIsServedWhileItsContentChanges) {
  Start(2);
  ASSERT_TRUE(Ask("net", {"1r0"})->Wait().ok());
  std::atomic<bool> done = false;
  std::vector<Thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back("read", [&] {
      do {
        const auto handle = manager_->GetHandle("net", 1);
        ASSERT_TRUE(handle.ok()) << handle.status();
        EXPECT_TRUE(ground_.IsAlive((*handle)->id().instance));
      } while (!done);
    });
  }
  for (int i = 1; i < kReloads; ++i) {
    EXPECT_TRUE(Ask("net", {absl::StrCat("1r", i)})->Wait().ok());
  }
  done = true;
}

// Callers who want different things of one model: each is answered, and in the
// end what was wanted last is there and nothing else.
TEST_F(ManagerStressTest, WishesOfManyThreadsAreAllAnswered) {
  Start(3, 1000);
  for (int v = 1; v <= 4; ++v) {
    ground_.Need(absl::StrCat("net ", v, "a"), {100, 50});
  }
  ground_.Break("net 4a", absl::InternalError("broken"));
  std::atomic<int> answers = 0;
  constexpr int kEach = 100;
  {
    std::vector<Thread> callers;
    for (int t = 0; t < 4; ++t) {
      callers.emplace_back("call", [&, t] {
        for (int i = 0; i < kEach; ++i) {
          const int version = (i + t) % 5;
          AspiredModel wanted = version == 0
                                    ? Want("net", {})
                                    : Want("net", {absl::StrCat(version, "a")});
          wanted.retry_failed = i % 2 == 0;
          manager_->SetAspired(std::move(wanted),
                               [&](const absl::Status&) { ++answers; });
        }
      });
    }
  }
  EXPECT_TRUE(
      Ask(Want("net", {"3a"}, ReloadPolicy::kPreserveResources))->Wait().ok());
  EXPECT_EQ(Served("net"), "3a");
  EXPECT_TRUE(Ask("net", {})->Wait().ok());
  manager_->UnloadAll();
  EXPECT_EQ(answers, 4 * kEach);
  EXPECT_EQ(manager_->reserved_memory(), 0);
}

TEST_F(ManagerStressTest, SuspensionsAndReloadsMayCross) {
  Start(2);
  ASSERT_TRUE(Ask("net", {"1a"})->Wait().ok());
  std::atomic<bool> done = false;
  Thread suspender("suspend", [&] {
    while (!done) {
      const auto handle = manager_->GetHandle("net", {});
      if (!handle.ok()) continue;
      const ServableId id = (*handle)->id();
      manager_->Suspend(id, absl::UnavailableError("stuck"));
      manager_->Resume(id);
    }
  });
  for (int version = 2; version < 100; ++version) {
    EXPECT_TRUE(Ask("net", {absl::StrCat(version, "a")})->Wait().ok());
  }
  done = true;
  suspender.Join();
  EXPECT_EQ(Served("net"), "99a");
}

}  // namespace
}  // namespace sconce

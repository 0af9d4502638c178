// Fails the first step of a scenario, then the second … until none fails, and
// looks after each whether everything is in its place.
#include <functional>
#include <memory>
#include <string>

#include "gtest/gtest.h"

#include "tests/support/model_ground.h"

namespace sconce {
namespace {

constexpr MemoryNeed kNeed = {50, 30};

class ManagerFaultsTest : public ManagerOnGround {
 protected:
  // Runs `scenario` with a fault at each of its steps.
  void AtEachStep(int load_threads, const std::function<void()>& scenario) {
    int step = 1;
    do {
      SCOPED_TRACE(absl::StrCat("the fault is at step ", step));
      ASSERT_LT(step, 100);
      Start(load_threads, 1000);
      for (const char* what : {"net 1a", "net 2a", "net 1b", "other 1a"}) {
        ground_.Need(what, kNeed);
      }
      ground_.FailStep(step++);
      scenario();
      CheckEndIsClean();
    } while (ground_.fault_came() && !HasFatalFailure());
    EXPECT_GT(step, 4);  // there were steps to fail
  }

  // What is loaded, and that alone, is alive and holds memory. To be called
  // when nothing is on its way.
  void CheckInvariants(int loaded) {
    EXPECT_EQ(ground_.alive(), loaded);
    EXPECT_EQ(manager_->reserved_memory(), loaded * kNeed.loaded);
    for (const ServableReport& report : manager_->Index()) {
      const auto handle =
          manager_->GetHandle(report.id.model, report.id.version);
      EXPECT_EQ(handle.ok(), report.state == State::kReady);
      if (handle.ok()) {
        EXPECT_TRUE(ground_.IsAlive((*handle)->id().instance));
      }
    }
  }

 private:
  void CheckEndIsClean() {
    manager_->UnloadAll();
    CheckInvariants(0);
    EXPECT_TRUE(manager_->Index().empty());
    manager_.reset();
  }
};

TEST_F(ManagerFaultsTest, OfAFirstLoad) {
  AtEachStep(1, [&] {
    const bool loaded = Ask("net", {"1a"})->Wait().ok();
    EXPECT_EQ(loaded, Served("net") == "1a");
    CheckInvariants(loaded ? 1 : 0);
  });
}

TEST_F(ManagerFaultsTest, OfAReloadByANewVersion) {
  AtEachStep(1, [&] {
    const bool first = Ask("net", {"1a"})->Wait().ok();
    const bool second = Ask("net", {"2a"})->Wait().ok();
    if (first && second) WaitUntilGone("net", 1);
    EXPECT_TRUE(first || second);
    EXPECT_EQ(Served("net"), second ? "2a" : "1a");
    CheckInvariants(1);
  });
}

TEST_F(ManagerFaultsTest, OfAReloadByOtherContent) {
  AtEachStep(1, [&] {
    const bool first = Ask("net", {"1a"})->Wait().ok();
    const bool second = Ask("net", {"1b"})->Wait().ok();
    EXPECT_TRUE(first || second);
    EXPECT_EQ(Served("net"), second ? "1b" : "1a");
    EXPECT_EQ(manager_->Index().size(), 1u);
  });
}

TEST_F(ManagerFaultsTest, OfAReloadThatSavesResources) {
  AtEachStep(1, [&] {
    const auto policy = ReloadPolicy::kPreserveResources;
    (void)Ask(Want("net", {"1a"}, policy))->Wait();
    const bool second = Ask(Want("net", {"2a"}, policy))->Wait().ok();
    EXPECT_EQ(second, Served("net") == "2a");
    CheckInvariants(second ? 1 : 0);
  });
}

TEST_F(ManagerFaultsTest, OfTwoVersionsAndTwoModelsAtOnce) {
  AtEachStep(3, [&] {
    const auto net = Ask("net", {"1a", "2a"});
    const auto other = Ask("other", {"1a"});
    const bool all_net = net->Wait().ok();
    const bool all_other = other->Wait().ok();
    EXPECT_TRUE(all_net || all_other);
    CheckInvariants(all_net && all_other ? 3 : 2);
  });
}

TEST_F(ManagerFaultsTest, OfALoadThatIsCalledOff) {
  AtEachStep(1, [&] {
    ground_.Hold("net 1a");
    const int before = ground_.begun("net 1a");
    const auto load = Ask("net", {"1a"});
    ground_.WaitUntilBegun("net 1a", before + 1);
    EXPECT_TRUE(Ask("net", {})->Wait().ok());
    EXPECT_TRUE(absl::IsAborted(load->Wait()));
    ground_.Release("net 1a");
    WaitUntilGone("net", 1);
    CheckInvariants(0);
  });
}

TEST_F(ManagerFaultsTest, OfALoadThatIsTriedAgain) {
  AtEachStep(1, [&] {
    (void)Ask("net", {"1a"})->Wait();
    AspiredModel again = Want("net", {"1a"});
    again.retry_failed = true;
    EXPECT_TRUE(Ask(again)->Wait().ok());
    EXPECT_EQ(Served("net"), "1a");
    CheckInvariants(1);
  });
}

}  // namespace
}  // namespace sconce

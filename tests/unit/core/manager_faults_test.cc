// Fails the first step of a scenario, then the second … until none fails, and
// looks after each whether everything is in its place.
#include "gtest/gtest.h"

#include "tests/support/faulty_ground.h"

namespace sconce {
namespace {

class ManagerFaultsTest : public FaultyGround {
 protected:
  void FailNth(int n) override { ground_.FailStep(n); }
  bool FaultCame() override { return ground_.fault_came(); }
};

TEST_F(ManagerFaultsTest, OfAFirstLoad) {
  AtEachFault(1, [&] {
    const bool loaded = Ask("net", {"1a"})->Wait().ok();
    EXPECT_EQ(loaded, Served("net") == "1a");
    CheckInvariants(loaded ? 1 : 0);
  });
}

TEST_F(ManagerFaultsTest, OfAReloadByANewVersion) {
  AtEachFault(1, [&] {
    const bool first = Ask("net", {"1a"})->Wait().ok();
    const bool second = Ask("net", {"2a"})->Wait().ok();
    if (first && second) WaitUntilGone("net", 1);
    EXPECT_TRUE(first || second);
    EXPECT_EQ(Served("net"), second ? "2a" : "1a");
    CheckInvariants(1);
  });
}

TEST_F(ManagerFaultsTest, OfAReloadByOtherContent) {
  AtEachFault(1, [&] {
    const bool first = Ask("net", {"1a"})->Wait().ok();
    const bool second = Ask("net", {"1b"})->Wait().ok();
    EXPECT_TRUE(first || second);
    EXPECT_EQ(Served("net"), second ? "1b" : "1a");
    EXPECT_EQ(manager_->Index().size(), 1u);
  });
}

TEST_F(ManagerFaultsTest, OfAReloadThatSavesResources) {
  AtEachFault(1, [&] {
    const auto policy = ReloadPolicy::kPreserveResources;
    (void)Ask(Want("net", {"1a"}, policy))->Wait();
    const bool second = Ask(Want("net", {"2a"}, policy))->Wait().ok();
    EXPECT_EQ(second, Served("net") == "2a");
    CheckInvariants(second ? 1 : 0);
  });
}

TEST_F(ManagerFaultsTest, OfTwoVersionsAndTwoModelsAtOnce) {
  AtEachFault(3, [&] {
    const auto net = Ask("net", {"1a", "2a"});
    const auto other = Ask("other", {"1a"});
    const bool all_net = net->Wait().ok();
    const bool all_other = other->Wait().ok();
    EXPECT_TRUE(all_net || all_other);
    CheckInvariants(all_net && all_other ? 3 : 2);
  });
}

TEST_F(ManagerFaultsTest, OfALoadThatIsCalledOff) {
  AtEachFault(1, [&] {
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
  AtEachFault(1, [&] {
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

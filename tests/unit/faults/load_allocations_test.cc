// Fails the first allocation of a load, then the second … until none fails.
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/support/faulty_ground.h"
#include "tests/unit/faults/failing_new.h"

namespace sconce {
namespace {

using ::testing::HasSubstr;

// Makes what a load needs before it does what GroundLoader does, which
// allocates, too.
class AllocatingLoader : public GroundLoader {
 public:
  using GroundLoader::GroundLoader;

  absl::Status Load() override {
    const CountedAllocations counted;
    for (int i = 0; i < 3; ++i) bytes_.emplace_back(100, 'w');
    const absl::Status loaded = GroundLoader::Load();
    steps_.push_back({"a step whose name does not fit into a string", {}});
    return loaded;
  }
  LoadSteps steps() const override {
    const CountedAllocations counted;
    return steps_;
  }

 private:
  std::vector<std::string> bytes_;
  LoadSteps steps_;
};

class LoadAllocationsTest : public FaultyGround {
 protected:
  void FailNth(int n) override { FailNthAllocation(n); }
  bool FaultCame() override { return AllocationFailed(); }

  std::unique_ptr<Loader> MakeLoader(const ServableSpec& spec) override {
    return std::make_unique<AllocatingLoader>(spec, &ground_);
  }

  // Whether the load went well; else that an allocation failed is told.
  bool Loads(const std::vector<std::string>& contents) {
    const absl::Status status = Ask("net", contents)->Wait();
    EXPECT_TRUE(status.ok() || absl::IsResourceExhausted(status)) << status;
    if (!status.ok()) {
      EXPECT_THAT(std::string(status.message()), HasSubstr("out of memory"));
    }
    return status.ok();
  }
};

TEST_F(LoadAllocationsTest, OfAFirstLoad) {
  AtEachFault(1, [&] {
    const bool loaded = Loads({"1a"});
    EXPECT_EQ(loaded, Served("net") == "1a");
    CheckInvariants(loaded ? 1 : 0);
  });
}

TEST_F(LoadAllocationsTest, OfAReloadByANewVersion) {
  AtEachFault(1, [&] {
    const bool first = Loads({"1a"});
    const bool second = Loads({"2a"});
    if (first && second) WaitUntilGone("net", 1);
    EXPECT_TRUE(first || second);
    EXPECT_EQ(Served("net"), second ? "2a" : "1a");
    CheckInvariants(1);
  });
}

TEST_F(LoadAllocationsTest, OfAReloadByOtherContent) {
  AtEachFault(1, [&] {
    const bool first = Loads({"1a"});
    const bool second = Loads({"1b"});
    EXPECT_TRUE(first || second);
    EXPECT_EQ(Served("net"), second ? "1b" : "1a");
    EXPECT_EQ(manager_->Index().size(), 1u);
  });
}

TEST_F(LoadAllocationsTest, OfTwoVersionsAndTwoModelsAtOnce) {
  AtEachFault(3, [&] {
    const auto net = Ask("net", {"1a", "2a"});
    const auto other = Ask("other", {"1a"});
    const bool all_net = net->Wait().ok();
    const bool all_other = other->Wait().ok();
    EXPECT_TRUE(all_net || all_other);
    CheckInvariants(all_net && all_other ? 3 : 2);
  });
}

TEST_F(LoadAllocationsTest, OfALoadThatIsTriedAgain) {
  AtEachFault(1, [&] {
    (void)Loads({"1a"});
    AspiredModel again = Want("net", {"1a"});
    again.retry_failed = true;
    EXPECT_TRUE(Ask(again)->Wait().ok());
    EXPECT_EQ(Served("net"), "1a");
    CheckInvariants(1);
  });
}

// The load begins all the same, and tells what it needs.
class EstimatingLoader : public GroundLoader {
 public:
  using GroundLoader::GroundLoader;

  MemoryNeed EstimateMemory() override {
    const CountedAllocations counted;
    directory_.resize(1000);
    return GroundLoader::EstimateMemory();
  }

 private:
  std::vector<char> directory_;
};

class EstimateAllocationsTest : public LoadAllocationsTest {
 protected:
  std::unique_ptr<Loader> MakeLoader(const ServableSpec& spec) override {
    return std::make_unique<EstimatingLoader>(spec, &ground_);
  }
};

TEST_F(EstimateAllocationsTest, WithoutAnEstimateTheLoadBeginsAllTheSame) {
  Start(1, /*memory_budget=*/1000);
  FailNthAllocation(1);
  EXPECT_TRUE(Loads({"1a"}));
  EXPECT_TRUE(AllocationFailed());
  EXPECT_EQ(Served("net"), "1a");
}

}  // namespace
}  // namespace sconce

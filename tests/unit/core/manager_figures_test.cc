// What a Manager tells of itself for /metrics.
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/support/model_ground.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class ManagerFiguresTest : public ManagerOnGround {
 protected:
  static std::pair<std::string, int64_t> Net(int64_t version) {
    return {"net", version};
  }
};

TEST_F(ManagerFiguresTest, EachLoadIsToldWhenItIsOver) {
  Start();
  ASSERT_TRUE(Ask("net", {"1a"})->Wait().ok());
  ground_.Break("net 2a", absl::InvalidArgumentError("bad archive"));
  ASSERT_FALSE(Ask("net", {"2a"})->Wait().ok());
  EXPECT_THAT(loads(), ElementsAre(absl::StatusCode::kOk,
                                   absl::StatusCode::kInvalidArgument));
}

TEST_F(ManagerFiguresTest, ALoadThatDoesNotFitIsToldAsFailed) {
  Start(1, 100);
  ground_.Need("net 1a", {200, 200});
  ASSERT_FALSE(Ask("net", {"1a"})->Wait().ok());
  EXPECT_THAT(loads(), ElementsAre(absl::StatusCode::kResourceExhausted));
}

TEST_F(ManagerFiguresTest, HandlesAreCountedByVersion) {
  Start();
  EXPECT_THAT(manager_->InFlight(), IsEmpty());
  ASSERT_TRUE(Ask("net", {"1a", "2a"})->Wait().ok());
  {
    const auto one = manager_->GetHandle("net", 2);
    const auto another = manager_->GetHandle("net", 2);
    ASSERT_TRUE(one.ok() && another.ok());
    EXPECT_THAT(manager_->InFlight(),
                ElementsAre(Pair(Net(1), 0), Pair(Net(2), 2)));
  }
  EXPECT_THAT(manager_->InFlight(),
              ElementsAre(Pair(Net(1), 0), Pair(Net(2), 0)));
}

TEST_F(ManagerFiguresTest, BothContentsOfAVersionCountWhileOneIsOnItsWayOut) {
  Start();
  ASSERT_TRUE(Ask("net", {"1a"})->Wait().ok());
  auto old = manager_->GetHandle("net", 1);
  ASSERT_TRUE(old.ok());
  ASSERT_TRUE(Ask("net", {"1b"})->Wait().ok());
  const auto young = manager_->GetHandle("net", 1);
  ASSERT_TRUE(young.ok());
  EXPECT_THAT(manager_->InFlight(), ElementsAre(Pair(Net(1), 2)));
  *old = ServableHandle();
  EXPECT_THAT(manager_->InFlight(), ElementsAre(Pair(Net(1), 1)));
}

}  // namespace
}  // namespace sconce

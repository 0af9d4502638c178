#include "server/core/servable_handle.h"

#include <memory>
#include <utility>

#include "gtest/gtest.h"

#include "tests/support/fake_servable.h"

namespace sconce {
namespace {

class ServableHandleTest : public testing::Test {
 protected:
  ServableHandle Enter() {
    EXPECT_TRUE(gate_.Enter());
    return ServableHandle(&servable_, &gate_);
  }

  ServerMetrics metrics_;
  FakeServable servable_{
      {"net", 2}, {}, metrics_.ForServable("net", 2), [](InferTask*) {}};
  InflightGate gate_;
};

TEST_F(ServableHandleTest, ADefaultHandleIsEmpty) {
  const ServableHandle handle;
  EXPECT_FALSE(handle);
}

TEST_F(ServableHandleTest, ReachesItsServable) {
  const ServableHandle handle = Enter();
  ASSERT_TRUE(handle);
  EXPECT_EQ(handle->id().version, 2);
  EXPECT_EQ(&*handle, &servable_);
}

TEST_F(ServableHandleTest, KeepsTheGateWhileItLives) {
  const ServableHandle handle = Enter();
  EXPECT_EQ(gate_.in_flight(), 1);
}

TEST_F(ServableHandleTest, LeavesTheGateWhenItEnds) {
  { const ServableHandle handle = Enter(); }
  EXPECT_EQ(gate_.in_flight(), 0);
}

TEST_F(ServableHandleTest, AMovedHandleLeavesTheGateOnce) {
  {
    ServableHandle first = Enter();
    const ServableHandle second = std::move(first);
    EXPECT_TRUE(second);
    EXPECT_EQ(gate_.in_flight(), 1);
  }
  EXPECT_EQ(gate_.in_flight(), 0);
}

TEST_F(ServableHandleTest, AMovedFromHandleIsEmpty) {
  ServableHandle first = Enter();
  const ServableHandle second = std::move(first);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): what is tested
}

TEST_F(ServableHandleTest, AssigningAnEmptyHandleLeavesTheGate) {
  ServableHandle handle = Enter();
  handle = ServableHandle();
  EXPECT_FALSE(handle);
  EXPECT_EQ(gate_.in_flight(), 0);
}

TEST_F(ServableHandleTest, AssigningAnotherHandleReleasesTheOldOneOnly) {
  ServableHandle handle = Enter();
  handle = Enter();
  EXPECT_TRUE(handle);
  EXPECT_EQ(gate_.in_flight(), 1);
}

}  // namespace
}  // namespace sconce

#include "server/core/servable_state.h"

#include "gtest/gtest.h"

namespace sconce {
namespace {

TEST(ServableStateTest, EachStateHasTheProtocolsWord) {
  EXPECT_EQ(ServableStateName(ServableState::kNew), "LOADING");
  EXPECT_EQ(ServableStateName(ServableState::kLoading), "LOADING");
  EXPECT_EQ(ServableStateName(ServableState::kReady), "READY");
  EXPECT_EQ(ServableStateName(ServableState::kSuspended), "UNAVAILABLE");
  EXPECT_EQ(ServableStateName(ServableState::kQuiescing), "UNLOADING");
  EXPECT_EQ(ServableStateName(ServableState::kDisabled), "UNAVAILABLE");
  EXPECT_EQ(ServableStateName(ServableState::kError), "UNAVAILABLE");
}

}  // namespace
}  // namespace sconce

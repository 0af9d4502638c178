#include "server/runtime/graph_recorder.h"

#include <gtest/gtest.h>

namespace sconce {
namespace {

TEST(HasRoomForNextGraphTest, TheNextMayTakeAsMuchAsThoseBefore) {
  const DeviceMemoryUse use = {.total = 2000, .limit = 1000, .allocated = 400};
  EXPECT_TRUE(HasRoomForNextGraph(use, 0));
  EXPECT_TRUE(HasRoomForNextGraph(use, 200));
  EXPECT_FALSE(HasRoomForNextGraph(use, 201));
}

TEST(HasRoomForNextGraphTest, NoneIsRecordedWhereModelsTakeItAll) {
  EXPECT_TRUE(HasRoomForNextGraph({.limit = 1000, .allocated = 800}, 0));
  EXPECT_FALSE(HasRoomForNextGraph({.limit = 1000, .allocated = 801}, 0));
}

}  // namespace
}  // namespace sconce

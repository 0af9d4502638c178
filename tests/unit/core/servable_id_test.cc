#include "server/core/servable_id.h"

#include "gtest/gtest.h"

namespace sconce {
namespace {

TEST(ServableIdTest, IsWrittenWithItsNameAndVersion) {
  EXPECT_EQ((ServableId{"resnet18", 3}).ToString(), "'resnet18' version 3");
}

}  // namespace
}  // namespace sconce

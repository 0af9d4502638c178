#include "server/runtime/name_binding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

using Names = std::vector<std::string>;

TEST(BindNamesTest, PrefersEqualNamesInAnyOrder) {
  EXPECT_THAT(BindNames(Names{"b", "a"}, Names{"a", "b"}),
              Optional(ElementsAre(1, 0)));
}

TEST(BindNamesTest, TakesASubsetByName) {
  EXPECT_THAT(BindNames(Names{"b"}, Names{"a", "b"}), Optional(ElementsAre(1)));
}

TEST(BindNamesTest, ReadsTheIndexInTheSuffix) {
  EXPECT_THAT(BindNames(Names{"OUT__1", "OUT__0"}, Names{"a", "b"}),
              Optional(ElementsAre(1, 0)));
}

TEST(BindNamesTest, FallsBackToThePosition) {
  EXPECT_THAT(BindNames(Names{"p", "q"}, Names{"a", "b"}),
              Optional(ElementsAre(0, 1)));
  EXPECT_THAT(BindNames(Names{"p__x", "q__9"}, Names{"a", "b"}),
              Optional(ElementsAre(0, 1)));
}

TEST(BindNamesTest, RefusesWhatCannotBeMatched) {
  EXPECT_EQ(BindNames(Names{"p"}, Names{"a", "b"}), std::nullopt);
  EXPECT_EQ(BindNames(Names{"p__2"}, Names{"a", "b"}), std::nullopt);
}

}  // namespace
}  // namespace sconce

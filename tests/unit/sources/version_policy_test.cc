#include "server/sources/version_policy.h"

#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Kind = VersionPolicy::Kind;

TEST(VersionPolicyTest, TheDefaultIsTheLatestVersion) {
  EXPECT_THAT(ChooseVersions({}, {1, 2, 10}), ElementsAre(10));
}

TEST(VersionPolicyTest, LatestPicksTheHighestOnesAscending) {
  EXPECT_THAT(ChooseVersions({Kind::kLatest, 2}, {1, 2, 10}),
              ElementsAre(2, 10));
}

TEST(VersionPolicyTest, LatestPicksAllWhenThereAreFewer) {
  EXPECT_THAT(ChooseVersions({Kind::kLatest, 5}, {3, 4}), ElementsAre(3, 4));
  EXPECT_THAT(
      ChooseVersions({Kind::kLatest, std::numeric_limits<uint32_t>::max()},
                     {3, 4}),
      ElementsAre(3, 4));
}

TEST(VersionPolicyTest, AllPicksEveryVersion) {
  EXPECT_THAT(ChooseVersions({Kind::kAll}, {1, 2, 10}), ElementsAre(1, 2, 10));
}

TEST(VersionPolicyTest, SpecificPicksTheListedVersionsAscending) {
  EXPECT_THAT(ChooseVersions({Kind::kSpecific, 1, {10, 1}}, {1, 2, 10}),
              ElementsAre(1, 10));
}

TEST(VersionPolicyTest, SpecificLeavesOutWhatIsNotThere) {
  EXPECT_THAT(ChooseVersions({Kind::kSpecific, 1, {2, 3}}, {1, 2}),
              ElementsAre(2));
  EXPECT_THAT(ChooseVersions({Kind::kSpecific, 1, {7}}, {1, 2}), IsEmpty());
}

TEST(VersionPolicyTest, OfNoVersionsNoneIsPicked) {
  EXPECT_THAT(ChooseVersions({}, {}), IsEmpty());
  EXPECT_THAT(ChooseVersions({Kind::kAll}, {}), IsEmpty());
}

TEST(ParseVersionTest, TakesPositiveNumbersWithoutLeadingZeros) {
  EXPECT_EQ(ParseVersion("1"), 1);
  EXPECT_EQ(ParseVersion("9223372036854775807"),
            std::numeric_limits<int64_t>::max());
  for (const char* name :
       {"", "0", "01", "+1", "-1", " 1", "1 ", "1.5", "9223372036854775808"}) {
    EXPECT_EQ(ParseVersion(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace sconce

#include "server/rpc/version_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "server/core/model_routes.h"

namespace sconce {
namespace {

using ::testing::HasSubstr;

TEST(ParseModelVersionTest, EmptyLeavesTheChoiceOpen) {
  const auto selector = ParseModelVersion("").value();
  EXPECT_FALSE(selector.version);
  EXPECT_EQ(selector.alias, "");
}

TEST(ParseModelVersionTest, ReadsNumbers) {
  const auto selector = ParseModelVersion("12").value();
  EXPECT_EQ(selector.version, 12);
  EXPECT_EQ(selector.alias, "");
}

TEST(ParseModelVersionTest, ReadsAliases) {
  for (const std::string& text :
       {std::string("stable"), std::string("v1.2_a-B"), std::string("c"),
        std::string(64, 'x')}) {
    const auto selector = ParseModelVersion(text).value();
    EXPECT_FALSE(selector.version);
    EXPECT_EQ(selector.alias, text);
  }
}

TEST(ParseModelVersionTest, RefusesOtherText) {
  for (const std::string& text :
       {std::string("1.0"), std::string("99999999999999999999"),
        std::string("-"), std::string("two words"), std::string("a/b"),
        std::string("_a"), std::string("ä"), std::string(65, 'x')}) {
    const auto version = ParseModelVersion(text);
    EXPECT_EQ(version.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(version.status().message()), HasSubstr(text));
  }
}

TEST(CheckAliasTest, SaysWhatAnAliasLooksLike) {
  EXPECT_TRUE(CheckAlias("canary").ok());
  const absl::Status bad = CheckAlias("1st");
  EXPECT_TRUE(absl::IsInvalidArgument(bad));
  EXPECT_THAT(std::string(bad.message()),
              HasSubstr("alias '1st' is none; expected a letter"));
}

}  // namespace
}  // namespace sconce

#include "server/runtime/archive/code_nesting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sconce {
namespace {

using ::testing::HasSubstr;

absl::Status Check(const std::string& expression) {
  const std::string code = "def f(x):\n  y = " + expression + "\n";
  const auto tokens = TokenizeCode(code);
  return tokens.ok() ? CheckCodeNesting(*tokens) : tokens.status();
}

std::string Repeat(const std::string& part, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += part;
  return all;
}

std::string Brackets(int count) {
  return Repeat("(", count) + "1" + Repeat(")", count);
}

TEST(CheckCodeNestingTest, LimitsBrackets) {
  EXPECT_TRUE(Check(Brackets(250)).ok());
  const absl::Status refused = Check(Brackets(100'000));
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("line 2"));
}

TEST(CheckCodeNestingTest, LimitsOperatorsInARow) {
  for (const char* part : {"1 + ", "- ", "1 ** ", "1 if x else "}) {
    EXPECT_FALSE(Check(Repeat(part, 10'000) + "1").ok()) << part;
  }
  EXPECT_FALSE(Check("x" + Repeat(".t()", 10'000)).ok());
}

TEST(CheckCodeNestingTest, LimitsBlocks) {
  std::string code;
  for (int depth = 0; depth < 300; ++depth) {
    code += std::string(static_cast<size_t>(depth), ' ') + "if x:\n";
  }
  EXPECT_FALSE(CheckCodeNesting(*TokenizeCode(code)).ok());
}

TEST(CheckCodeNestingTest, LongListsAreFine) {
  EXPECT_TRUE(Check("[" + Repeat("1, ", 100'000) + "1]").ok());
}

TEST(CheckCodeNestingTest, TypeCommentsAreParsedToo) {
  EXPECT_TRUE(Check("1 # " + Repeat("(", 1000)).ok());
  EXPECT_FALSE(Check("1 # type: " + Brackets(1000)).ok());
}

TEST(TokenizeCodeTest, RefusesWhatDoesNotEnd) {
  EXPECT_FALSE(Check("\"abc").ok());
  EXPECT_FALSE(Check("'''abc\n").ok());
  EXPECT_FALSE(Check("1)").ok());
}

}  // namespace
}  // namespace sconce

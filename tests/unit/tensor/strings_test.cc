#include "server/tensor/strings.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<uint8_t> Pack(const std::vector<std::string>& texts) {
  std::vector<uint8_t> bytes;
  for (const std::string& text : texts) AppendString(text, &bytes);
  return bytes;
}

std::string Refusal(const std::vector<uint8_t>& bytes, int64_t count) {
  const absl::Status status =
      ValidateStrings(ByteChunks(absl::MakeConstSpan(bytes)), count);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST(StringsTest, WhatIsAppendedIsRead) {
  const auto bytes = Pack({"one", "", std::string("a\0b", 3)});
  const ByteChunks chunks(absl::MakeConstSpan(bytes));
  EXPECT_TRUE(ValidateStrings(chunks, 3).ok());
  EXPECT_THAT(ReadStrings(chunks),
              ElementsAre("one", "", std::string("a\0b", 3)));
}

TEST(StringsTest, AnElementMayLieInSeveralChunks) {
  const auto bytes = Pack({"chunked"});
  ByteChunks chunks;
  for (const uint8_t& byte : bytes) chunks.Append({&byte, 1});
  EXPECT_TRUE(ValidateStrings(chunks, 1).ok());
  EXPECT_THAT(ReadStrings(chunks), ElementsAre("chunked"));
}

TEST(StringsTest, CountsMustAgree) {
  EXPECT_THAT(Refusal(Pack({"a"}), 2), HasSubstr("string 1 of 2 is cut short"));
  EXPECT_THAT(Refusal(Pack({"a", "b"}), 1), HasSubstr("5 bytes follow"));
}

TEST(StringsTest, ALengthBeyondTheEndIsRefused) {
  EXPECT_THAT(Refusal({255, 255, 255, 255, 'a'}, 1), HasSubstr("cut short"));
  EXPECT_THAT(Refusal({1, 0}, 1), HasSubstr("cut short"));
}

TEST(StringsTest, MoreThanAnyListHasIsRefusedUnread) {
  EXPECT_THAT(Refusal({}, kMostStrings + 1), HasSubstr("at most 1000000"));
}

TEST(StringsTest, OnlyUtf8IsText) {
  for (const char* text : {"", "a", "\u00fc", "\u20ac", "\U0001f600"}) {
    EXPECT_TRUE(IsUtf8(text)) << text;
  }
  for (const char* text : {"\xff", "\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf",
                           "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) {
    EXPECT_FALSE(IsUtf8(text)) << testing::PrintToString(text);
  }
  EXPECT_THAT(Refusal(Pack({"good", "\xff"}), 2),
              HasSubstr("string 1 of 2 is no valid UTF-8"));
}

}  // namespace
}  // namespace sconce

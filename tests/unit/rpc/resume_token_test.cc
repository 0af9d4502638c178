#include "server/rpc/resume_token.h"

#include <gtest/gtest.h>

namespace sconce {
namespace {

constexpr uint64_t kStart = 1'700'000'000'000'000'000;

TEST(ResumeTokenTest, HoldsThePosition) {
  for (const uint64_t position : {uint64_t{0}, uint64_t{41}, ~uint64_t{0}}) {
    const auto parsed =
        ParseResumeToken(MakeResumeToken(kStart, position), kStart);
    EXPECT_EQ(parsed.value(), position);
  }
}

TEST(ResumeTokenTest, NoTokenIsNoPosition) {
  EXPECT_EQ(ParseResumeToken("", kStart).value(), std::nullopt);
}

TEST(ResumeTokenTest, ATokenOfAnotherStartIsNoPosition) {
  EXPECT_EQ(ParseResumeToken(MakeResumeToken(kStart - 1, 5), kStart).value(),
            std::nullopt);
}

TEST(ResumeTokenTest, OtherTextIsRefused) {
  for (const char* text : {"x", "-", "1-", "-1", "1-2-3", "12", "1-zz"}) {
    EXPECT_EQ(ParseResumeToken(text, kStart).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

}  // namespace
}  // namespace sconce

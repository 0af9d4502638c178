#include "client/cpp/src/retry.h"

#include <gtest/gtest.h>

namespace sconce {
namespace {

constexpr absl::StatusCode kUnavailable = absl::StatusCode::kUnavailable;
constexpr absl::StatusCode kExhausted = absl::StatusCode::kResourceExhausted;

// No randomness makes the delay the shortest.
std::optional<absl::Duration> Delay(const FailedAttempt& failed,
                                    double random = 0) {
  return RetryDelay(RetryPolicy(), failed, random);
}

TEST(RetryTest, PausesGrowUpToALimit) {
  RetryPolicy policy;
  policy.max_attempts = 100;
  const auto delay = [&](int attempts) {
    FailedAttempt failed;
    failed.attempts = attempts;
    return *RetryDelay(policy, failed, /*random=*/1);
  };
  EXPECT_EQ(delay(1), absl::Milliseconds(50));
  EXPECT_EQ(delay(2), absl::Milliseconds(100));
  EXPECT_EQ(delay(3), absl::Milliseconds(200));
  EXPECT_EQ(delay(50), absl::Seconds(2));
}

TEST(RetryTest, PausesAreSpread) {
  EXPECT_EQ(Delay({}, 0), absl::Milliseconds(25));
  EXPECT_EQ(Delay({}, 0.5), absl::Milliseconds(37.5));
}

TEST(RetryTest, StopsAfterTheLastAttempt) {
  EXPECT_TRUE(Delay({.attempts = 3}));
  EXPECT_FALSE(Delay({.attempts = 4}));
}

TEST(RetryTest, OtherErrorsAreFinal) {
  for (const auto code :
       {absl::StatusCode::kInternal, absl::StatusCode::kInvalidArgument,
        absl::StatusCode::kDeadlineExceeded, absl::StatusCode::kCancelled,
        absl::StatusCode::kUnknown, absl::StatusCode::kAborted}) {
    EXPECT_FALSE(Delay({.code = code}));
    EXPECT_FALSE(Delay({.code = code, .pushback = "5"}));
  }
}

TEST(RetryTest, AFullServerDecidesWhetherAndWhen) {
  EXPECT_FALSE(Delay({.code = kExhausted}));
  EXPECT_EQ(Delay({.code = kExhausted, .pushback = "300"}),
            absl::Milliseconds(300));
  EXPECT_EQ(Delay({.code = kExhausted, .pushback = "300"}, 1),
            absl::Milliseconds(360));
  EXPECT_EQ(Delay({.code = kExhausted, .pushback = "0"}), absl::ZeroDuration());
}

TEST(RetryTest, PushbackThatIsNoTimeMeansNo) {
  for (const char* text : {"-1", "", "soon", "1.5"}) {
    EXPECT_FALSE(Delay({.code = kExhausted, .pushback = text})) << text;
    EXPECT_FALSE(Delay({.code = kUnavailable, .pushback = text})) << text;
  }
}

TEST(RetryTest, NeverGoesBeyondTheDeadline) {
  EXPECT_FALSE(Delay({.left = absl::Milliseconds(25)}));
  EXPECT_TRUE(Delay({.left = absl::Milliseconds(26)}));
  EXPECT_FALSE(Delay({.code = kExhausted,
                      .pushback = "300",
                      .left = absl::Milliseconds(300)}));
  EXPECT_FALSE(Delay({.left = -absl::Seconds(1)}));
}

TEST(RetryBudgetTest, EndsWhenMostCallsFail) {
  RetryBudget budget;
  int retries = 0;
  while (budget.RecordFailure()) ++retries;
  EXPECT_EQ(retries, 49);
  for (int i = 0; i < 10; ++i) budget.RecordAnswer();
  EXPECT_FALSE(budget.RecordFailure());
  for (int i = 0; i < 30; ++i) budget.RecordAnswer();
  EXPECT_TRUE(budget.RecordFailure());
}

}  // namespace
}  // namespace sconce

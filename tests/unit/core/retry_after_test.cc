#include "server/core/retry_after.h"

#include <chrono>

#include "gtest/gtest.h"

namespace sconce {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

const absl::Status kFull = absl::ResourceExhaustedError("full");

TEST(RetryAfterTest, IsNotThereUnlessSomebodyAddedIt) {
  EXPECT_FALSE(RetryAfter(kFull));
  EXPECT_FALSE(RetryAfter(absl::OkStatus()));
}

TEST(RetryAfterTest, IsRoundedUpToMilliseconds) {
  EXPECT_EQ(RetryAfter(WithRetryAfter(kFull, milliseconds(20))),
            milliseconds(20));
  EXPECT_EQ(RetryAfter(WithRetryAfter(kFull, microseconds(20'001))),
            milliseconds(21));
}

TEST(RetryAfterTest, IsNegativeWhereItIsOfNoUse) {
  EXPECT_EQ(RetryAfter(WithoutRetry(kFull)), milliseconds(-1));
}

TEST(RetryAfterTest, IsAtLeastAMillisecond) {
  EXPECT_EQ(RetryAfter(WithRetryAfter(kFull, MonoDuration::zero())),
            milliseconds(1));
}

TEST(RetryAfterTest, TheStatusStaysWhatItIs) {
  const absl::Status status = WithRetryAfter(kFull, milliseconds(1));
  EXPECT_EQ(status.code(), kFull.code());
  EXPECT_EQ(status.message(), kFull.message());
}

}  // namespace
}  // namespace sconce

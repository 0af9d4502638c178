#include "server/core/retry_after.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sconce {
namespace {

using std::chrono::milliseconds;

constexpr char kPayload[] = "sconce/retry-after-ms";

}  // namespace

absl::Status WithRetryAfter(absl::Status status, MonoDuration wait) {
  const milliseconds ms =
      std::max(std::chrono::ceil<milliseconds>(wait), milliseconds(1));
  status.SetPayload(kPayload, absl::Cord(absl::StrCat(ms.count())));
  return status;
}

absl::Status WithoutRetry(absl::Status status) {
  status.SetPayload(kPayload, absl::Cord("-1"));
  return status;
}

std::optional<milliseconds> RetryAfter(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayload);
  int64_t ms = 0;
  if (!payload || !absl::SimpleAtoi(std::string(*payload), &ms)) return {};
  return milliseconds(ms);
}

}  // namespace sconce

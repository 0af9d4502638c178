#include "server/rpc/resume_token.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sconce {

std::string MakeResumeToken(uint64_t start, uint64_t position) {
  return absl::StrCat(absl::Hex(start), "-", absl::Hex(position));
}

absl::StatusOr<std::optional<uint64_t>> ParseResumeToken(
    absl::string_view token, uint64_t start) {
  if (token.empty()) return std::optional<uint64_t>();
  const size_t dash = token.find('-');
  uint64_t of_start = 0;
  uint64_t position = 0;
  if (dash == absl::string_view::npos ||
      !absl::SimpleHexAtoi(token.substr(0, dash), &of_start) ||
      !absl::SimpleHexAtoi(token.substr(dash + 1), &position)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "resume_token '", token,
        "' is none; expected that of a WatchModelsResponse, or nothing"));
  }
  if (of_start != start) return std::optional<uint64_t>();
  return std::optional<uint64_t>(position);
}

}  // namespace sconce

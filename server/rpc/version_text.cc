#include "server/rpc/version_text.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sconce {
namespace {

constexpr size_t kLongestAlias = 64;

bool IsAliasCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
         c == '.' || c == '-';
}

}  // namespace

bool IsAlias(absl::string_view text) {
  return !text.empty() && text.size() <= kLongestAlias &&
         absl::ascii_isalpha(static_cast<unsigned char>(text[0])) &&
         std::all_of(text.begin(), text.end(), IsAliasCharacter);
}

absl::Status CheckAlias(absl::string_view text) {
  if (IsAlias(text)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "alias '", text,
      "' is none; expected a letter, then at most 63 letters, digits, '_', '.' "
      "or '-'"));
}

absl::StatusOr<VersionSelector> ParseModelVersion(const std::string& text) {
  if (text.empty()) return VersionSelector();
  int64_t version = 0;
  if (absl::SimpleAtoi(text, &version)) return VersionSelector(version);
  if (IsAlias(text)) return VersionSelector(text);
  return absl::InvalidArgumentError(absl::StrCat(
      "failed to get model version from specified version string '", text,
      "'; expected a number, an alias, or nothing for the latest"));
}

}  // namespace sconce

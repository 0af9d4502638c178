#include "server/core/model_routes.h"

#include <set>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
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
         absl::c_all_of(text, IsAliasCharacter);
}

absl::Status CheckAlias(absl::string_view text) {
  if (IsAlias(text)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "alias '", text,
      "' is none; expected a letter, then at most 63 letters, digits, '_', '.' "
      "or '-'"));
}

absl::Status CheckTraffic(absl::Span<const TrafficShare> shares) {
  std::set<int64_t> versions;
  bool any = shares.empty();
  for (const TrafficShare& share : shares) {
    any = any || share.weight > 0;
    if (versions.insert(share.version).second) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "version ", share.version, " has two shares; expected one a version"));
  }
  if (any) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "all weights are 0; expected one above, or no shares");
}

bool HasShare(const ModelRoutes& routes, int64_t version) {
  return absl::c_any_of(routes.traffic, [&](const TrafficShare& share) {
    return share.version == version && share.weight > 0;
  });
}

bool IsWithheld(const ModelRoutes& routes, int64_t version) {
  return absl::c_any_of(routes.traffic, [&](const TrafficShare& share) {
    return share.version == version && share.weight == 0;
  });
}

std::set<int64_t> RoutedVersions(const ModelRoutes& routes) {
  std::set<int64_t> versions;
  for (const auto& [alias, version] : routes.aliases) versions.insert(version);
  for (const TrafficShare& share : routes.traffic) {
    versions.insert(share.version);
  }
  return versions;
}

}  // namespace sconce

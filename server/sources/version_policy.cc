#include "server/sources/version_policy.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"

namespace sconce {

std::vector<int64_t> ChooseVersions(const VersionPolicy& policy,
                                    absl::Span<const int64_t> available) {
  if (policy.kind == VersionPolicy::Kind::kLatest) {
    const size_t count = std::min<size_t>(policy.latest, available.size());
    return {available.end() - static_cast<std::ptrdiff_t>(count),
            available.end()};
  }
  std::vector<int64_t> chosen(available.begin(), available.end());
  if (policy.kind == VersionPolicy::Kind::kSpecific) {
    std::erase_if(chosen, [&](int64_t version) {
      return !absl::c_linear_search(policy.specific, version);
    });
  }
  return chosen;
}

std::optional<int64_t> ParseVersion(absl::string_view name) {
  int64_t version = 0;
  if (name.empty() || name.front() == '0' ||
      !absl::c_all_of(name, absl::ascii_isdigit) ||
      !absl::SimpleAtoi(name, &version)) {
    return std::nullopt;
  }
  return version;
}

}  // namespace sconce

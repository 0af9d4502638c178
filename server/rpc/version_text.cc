#include "server/rpc/version_text.h"

#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "server/core/model_routes.h"

namespace sconce {

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

// VersionPolicy: which of a model's versions are served.
#ifndef SERVER_SOURCES_VERSION_POLICY_H_
#define SERVER_SOURCES_VERSION_POLICY_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace sconce {

struct VersionPolicy {
  enum class Kind { kLatest, kAll, kSpecific };

  Kind kind = Kind::kLatest;
  uint32_t latest = 1;            // for kLatest: how many
  std::vector<int64_t> specific;  // for kSpecific
};

// The versions of `available` (ascending) that `policy` picks, ascending.
std::vector<int64_t> ChooseVersions(const VersionPolicy& policy,
                                    absl::Span<const int64_t> available);

// The version whose folder has this name: a positive number without leading
// zeros. Nothing for other names.
std::optional<int64_t> ParseVersion(absl::string_view name);

}  // namespace sconce

#endif  // SERVER_SOURCES_VERSION_POLICY_H_

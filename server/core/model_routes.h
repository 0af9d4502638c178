// ModelRoutes: names and weights that lead requests to versions of a model.
#ifndef SERVER_CORE_MODEL_ROUTES_H_
#define SERVER_CORE_MODEL_ROUTES_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace sconce {

// The part of the requests that name no version which a version gets: its
// weight over the sum of all.
struct TrafficShare {
  int64_t version = 0;
  uint32_t weight = 0;

  bool operator==(const TrafficShare&) const = default;
};

struct ModelRoutes {
  std::map<std::string, int64_t> aliases;  // "stable" -> 3
  std::vector<TrafficShare> traffic;       // empty: the highest ready version

  bool operator==(const ModelRoutes&) const = default;
};

// A letter, then at most 63 letters, digits, '_', '.' or '-': never a number.
bool IsAlias(absl::string_view text);

// INVALID_ARGUMENT says what an alias looks like.
absl::Status CheckAlias(absl::string_view text);

// INVALID_ARGUMENT: two shares of one version, or all weights are 0.
absl::Status CheckTraffic(absl::Span<const TrafficShare> shares);

// Whether weights give the version a part of the requests that name none, or
// a weight of 0 withholds it from them.
bool HasShare(const ModelRoutes& routes, int64_t version);
bool IsWithheld(const ModelRoutes& routes, int64_t version);

// The versions that aliases and traffic lead to.
std::set<int64_t> RoutedVersions(const ModelRoutes& routes);

}  // namespace sconce

#endif  // SERVER_CORE_MODEL_ROUTES_H_

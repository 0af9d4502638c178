// VersionSelector: which version of a model a request wants.
#ifndef SERVER_CORE_VERSION_SELECTOR_H_
#define SERVER_CORE_VERSION_SELECTOR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace sconce {

// At most one of `version` and `alias` is given. With neither, the model's
// traffic weights decide; without weights, the highest version that is ready.
struct VersionSelector {
  VersionSelector() = default;
  VersionSelector(int64_t v) : version(v) {}                 // NOLINT
  VersionSelector(std::optional<int64_t> v) : version(v) {}  // NOLINT
  explicit VersionSelector(std::string a) : alias(std::move(a)) {}

  std::optional<int64_t> version;
  std::string alias;  // e.g. "stable"; empty: none

  // Requests with equal keys get the same version while the weights stay as
  // they are. Without a key each request is drawn anew.
  std::optional<uint64_t> key;
};

}  // namespace sconce

#endif  // SERVER_CORE_VERSION_SELECTOR_H_

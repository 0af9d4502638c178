// VersionSelector: which version of a model a request wants.
#ifndef SERVER_CORE_VERSION_SELECTOR_H_
#define SERVER_CORE_VERSION_SELECTOR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "server/core/sequence_place.h"

namespace sconce {

// What keeps the requests of a client together, where they name no version.
struct Affinity {
  // Requests with equal keys get the same version while the weights stay as
  // they are; when those change, as few move as can be. Without a key each
  // request is drawn anew.
  std::optional<uint64_t> key;
  // The request's sequence, which stays in the version where it began.
  std::optional<SequencePlace> sequence;
};

// At most one of `version` and `alias` is given. With neither, the model's
// traffic weights decide; without weights, the highest version that is ready.
struct VersionSelector {
  VersionSelector() = default;
  VersionSelector(int64_t v) : version(v) {}                 // NOLINT
  VersionSelector(std::optional<int64_t> v) : version(v) {}  // NOLINT
  explicit VersionSelector(std::string a) : alias(std::move(a)) {}

  std::optional<int64_t> version;
  std::string alias;  // e.g. "stable"; empty: none
  Affinity affinity;
};

}  // namespace sconce

#endif  // SERVER_CORE_VERSION_SELECTOR_H_

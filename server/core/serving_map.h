// ServingMap: where requests find their servables.
#ifndef SERVER_CORE_SERVING_MAP_H_
#define SERVER_CORE_SERVING_MAP_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "server/core/loader_harness.h"
#include "server/core/model_routes.h"
#include "server/core/version_selector.h"

namespace sconce {

// One model as requests see it. Immutable; the states of its harnesses change.
class ServingModel {
 public:
  using Harnesses = std::vector<std::shared_ptr<LoaderHarness>>;

  // `harnesses`: not empty.
  ServingModel(Harnesses harnesses, ModelRoutes routes);

  // By version from the highest down, of one version the newest first.
  const Harnesses& harnesses() const { return harnesses_; }

  const ModelRoutes& routes() const { return routes_; }

  // A handle of the version that `selector` chooses. `draw` decides by traffic
  // weights where the request has no key. Nothing when it is not ready.
  std::optional<ServableHandle> TryGetHandle(const VersionSelector& selector,
                                             uint64_t draw) const;

  // Why TryGetHandle() gave nothing, in words for clients. OK: it would give
  // something now.
  absl::Status WhyNot(const VersionSelector& selector) const;

  // The sequence began anew at `begins`: where else it lives, it ends.
  void EndElsewhere(const SequencePlace& place, const ServableId& begins) const;

  // The states of its versions, ascending. One that is loaded as two contents
  // is reported once: as what serves, with the reason why the newer does not.
  std::vector<ServableReport> Reports() const;
  std::optional<ServableReport> Report(int64_t version) const;

 private:
  std::optional<ServableHandle> Routed(const VersionSelector& selector,
                                       uint64_t draw) const;
  std::optional<ServableHandle> HandleOf(int64_t version) const;
  // Of the versions with a weight that are ready; the same key the same one.
  std::optional<ServableHandle> ByWeight(uint64_t key) const;
  // Of those that no weight of 0 withholds.
  std::optional<ServableHandle> HighestReady() const;
  // The version where the sequence lives, if any does.
  std::optional<ServableHandle> WhereItLives(const SequencePlace& place) const;
  absl::Status WhyNoneByDefault() const;

  const Harnesses harnesses_;
  const ModelRoutes routes_;
};

// By name. Copied, changed and published as a whole.
using ServingMap =
    absl::flat_hash_map<std::string, std::shared_ptr<const ServingModel>>;

}  // namespace sconce

#endif  // SERVER_CORE_SERVING_MAP_H_

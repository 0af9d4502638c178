// ServingTable: the half of the registry that requests see.
#ifndef SERVER_CORE_SERVING_TABLE_H_
#define SERVER_CORE_SERVING_TABLE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "server/core/published.h"
#include "server/core/servable_handle.h"
#include "server/core/serving_map.h"
#include "server/core/version_selector.h"

namespace sconce {

// Any thread reads; one at a time writes (the Manager, under its lock).
class ServingTable {
 public:
  ServingTable() : map_(std::make_shared<const ServingMap>()) {}

  // See Manager::GetHandle().
  absl::StatusOr<ServableHandle> GetHandle(
      absl::string_view model, const VersionSelector& selector) const;

  // Every version, by name, then version.
  std::vector<ServableReport> Index() const;

  // Null when there is no such model.
  std::shared_ptr<const ServingModel> Find(absl::string_view model) const;

  // That which was given this id; null when there is none.
  std::shared_ptr<LoaderHarness> FindInstance(const ServableId& id) const;

  // Lets requests see these versions of the model; none: it is gone.
  void Publish(const std::string& model,
               const ServingModel::Harnesses& harnesses,
               const ModelRoutes& routes);

  // To be called before a servable stops to give handles, and after the one in
  // its place began to: a reader that found neither looks again.
  void AnnounceSwitch() { switches_.fetch_add(1, std::memory_order_acq_rel); }

 private:
  Published<ServingMap> map_;
  std::atomic<uint64_t> switches_ = 0;
};

// What is said of a model that is not registered. NOT_FOUND.
absl::Status UnknownModel(absl::string_view model);

}  // namespace sconce

#endif  // SERVER_CORE_SERVING_TABLE_H_

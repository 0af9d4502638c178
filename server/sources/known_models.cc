#include "server/sources/known_models.h"

#include <utility>

namespace sconce {

void KnownModels::SetAll(const std::vector<CatalogModel>& models) {
  std::map<std::string, std::vector<int64_t>> versions;
  for (const CatalogModel& model : models) {
    versions.emplace(model.name, model.versions);
  }
  MutexLock lock(&mu_);
  versions_ = std::move(versions);
}

void KnownModels::Set(const std::string& name,
                      const absl::StatusOr<CatalogModel>& model) {
  MutexLock lock(&mu_);
  if (model.ok()) {
    versions_[name] = model->versions;
  } else if (absl::IsNotFound(model.status())) {
    versions_.erase(name);
  }
}

std::vector<RepositoryModel> KnownModels::All() const {
  std::vector<RepositoryModel> all;
  MutexLock lock(&mu_);
  all.reserve(versions_.size());
  for (const auto& [name, versions] : versions_)
    all.push_back({name, versions});
  return all;
}

}  // namespace sconce

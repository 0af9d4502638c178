// KnownModels: what the repositories held when they were looked at last.
#ifndef SERVER_SOURCES_KNOWN_MODELS_H_
#define SERVER_SOURCES_KNOWN_MODELS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "server/base/mutex.h"
#include "server/core/model_control.h"
#include "server/sources/catalog_model.h"

namespace sconce {

// Answers without the disk. Thread-safe.
class KnownModels {
 public:
  void SetAll(const std::vector<CatalogModel>& models) ABSL_LOCKS_EXCLUDED(mu_);

  // One model as it was found; NOT_FOUND: it is gone. Other errors say nothing
  // of what is there.
  void Set(const std::string& name, const absl::StatusOr<CatalogModel>& model)
      ABSL_LOCKS_EXCLUDED(mu_);

  // By name.
  std::vector<RepositoryModel> All() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  mutable Mutex mu_;
  std::map<std::string, std::vector<int64_t>> versions_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sconce

#endif  // SERVER_SOURCES_KNOWN_MODELS_H_

// LoadOverride: a model as a load request describes it, in place of what the
// repository says.
//
// A `config` alone replaces the model's config file; its archives stay those
// of the repository. With files, these are all of the model: what the
// repository has under its name counts no more.
#ifndef SERVER_SOURCES_LOAD_OVERRIDE_H_
#define SERVER_SOURCES_LOAD_OVERRIDE_H_

#include <memory>

#include "absl/status/statusor.h"

#include "server/core/model_control.h"
#include "server/sources/catalog_model.h"
#include "server/sources/model_catalog.h"
#include "server/sources/private_folder.h"

namespace sconce {

// Owns the request's files: they are on the disk as long as it lives, so keep
// it while the model may be loaded from them. Immutable.
class LoadOverride {
 public:
  // REQUIRES: the request has a config or files. Writes to the disk.
  //   INVALID_ARGUMENT    a name, path or config that cannot be, or files
  //                       without a config
  //   NOT_FOUND           a config alone for a model that no repository has
  //   RESOURCE_EXHAUSTED  the disk is full; nothing is left on it
  static absl::StatusOr<std::unique_ptr<LoadOverride>> Create(
      const ModelCatalog& catalog, const ModelLoadRequest& request);

  const CatalogModel& model() const { return model_; }

 private:
  LoadOverride(std::unique_ptr<PrivateFolder> folder, CatalogModel model);

  const std::unique_ptr<PrivateFolder> folder_;  // of the files, if there are
  const CatalogModel model_;
};

}  // namespace sconce

#endif  // SERVER_SOURCES_LOAD_OVERRIDE_H_

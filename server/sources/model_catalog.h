// ModelCatalog: the models of all repositories.
//
// Reads the disk at every call and keeps nothing but what it has logged, and
// of each repository what was there last, for when it cannot be read.
#ifndef SERVER_SOURCES_MODEL_CATALOG_H_
#define SERVER_SOURCES_MODEL_CATALOG_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "server/base/mutex.h"
#include "server/core/servable_config.h"
#include "server/sources/catalog_model.h"
#include "server/sources/model_config.h"
#include "server/sources/model_path.h"
#include "server/sources/repository_scan.h"
#include "server/sources/scan_remark.h"

namespace sconce {

// Thread-safe; every call blocks for as long as the disk takes, none waits for
// another.
class ModelCatalog {
 public:
  // `defaults` applies to models without a config file, and to what a config
  // file cannot say. The models of `paths` go before those of the repositories.
  ModelCatalog(std::vector<std::string> directories, ServableConfig defaults,
               std::vector<ModelPath> paths = {});

  // INVALID_ARGUMENT: what is no folder, or one where the server must not
  // write. One that is not there may come. For the operator's eyes.
  absl::Status Check() const;

  // All models, by name. Where two repositories have one name, the first one
  // given counts. What cannot be read now counts as unchanged; of a path where
  // nothing was ever found the model says why.
  std::vector<CatalogModel> ScanAll() const ABSL_LOCKS_EXCLUDED(mu_);

  // Why ScanAll() could not read a repository, for each of them; fit for a
  // client.
  std::vector<absl::Status> States() const ABSL_LOCKS_EXCLUDED(mu_);

  // Whether ScanAll() has read each repository and has found something at each
  // path, now or earlier.
  bool HasReadAll() const ABSL_LOCKS_EXCLUDED(mu_);

  // One model, or the same with `config` in place of its config file.
  //   INVALID_ARGUMENT  cannot be a name
  //   NOT_FOUND         no repository has it
  //   UNAVAILABLE       a repository that may have it cannot be read
  absl::StatusOr<CatalogModel> Scan(const std::string& model) const;
  absl::StatusOr<CatalogModel> ScanWith(const ModelConfigFile& config,
                                        const std::string& model) const;

  const std::vector<std::string>& directories() const { return directories_; }
  const std::vector<ModelPath>& paths() const { return paths_; }
  const ServableConfig& defaults() const { return defaults_; }

 private:
  // A repository as ScanAll() saw it.
  struct Seen {
    bool was_read = false;  // ever
    absl::Status status;    // of the last look
    RepositoryScan scan;    // the last that succeeded
  };

  bool WasRead(const std::string& directory) const ABSL_LOCKS_EXCLUDED(mu_);
  absl::StatusOr<RepositoryScan> Look(const std::string& directory,
                                      const ScanOptions& options) const;
  RepositoryScan ScanOrLast(const std::string& directory) const
      ABSL_LOCKS_EXCLUDED(mu_);
  // What was there before `why` came in between.
  RepositoryScan Last(const std::string& directory,
                      const absl::Status& why) const ABSL_LOCKS_EXCLUDED(mu_);
  CatalogModel ScanPathOrLast(const ModelPath& path,
                              std::vector<ScanRemark>* remarks) const
      ABSL_LOCKS_EXCLUDED(mu_);
  absl::StatusOr<CatalogModel> ScanOne(const ScanOptions& options) const;

  const std::vector<std::string> directories_;
  const ServableConfig defaults_;
  const std::vector<ModelPath> paths_;

  mutable ScanLog log_;
  mutable Mutex mu_;
  mutable std::map<std::string, Seen> seen_ ABSL_GUARDED_BY(mu_);
  // Models of paths_ that were found, by name.
  mutable std::map<std::string, CatalogModel> found_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sconce

#endif  // SERVER_SOURCES_MODEL_CATALOG_H_

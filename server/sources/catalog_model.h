// CatalogModel: what a repository holds of one model, and how it is wanted.
#ifndef SERVER_SOURCES_CATALOG_MODEL_H_
#define SERVER_SOURCES_CATALOG_MODEL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "server/core/loader.h"
#include "server/core/reload_policy.h"
#include "server/core/servable_config.h"
#include "server/sources/model_config.h"
#include "server/sources/version_policy.h"

namespace sconce {

// Plain values: what a scan saw.
struct CatalogModel {
  std::string name;
  std::string root;       // the repository's folder; never shown to a client
  std::string folder;     // beneath root, with a folder for each version
  std::string bare_file;  // beneath root, if the model is one file
  std::string archive_file_name = "model.pt";  // in each version's folder

  std::vector<int64_t> versions;  // all that there are, ascending
  VersionPolicy version_policy;
  ReloadPolicy reload_policy = ReloadPolicy::kPreserveAvailability;
  ServableConfig config;
  std::string config_revision;  // another one for another text

  // Of no repository, but where a flag says: its links may lead anywhere, and
  // nothing there is written or deleted.
  bool has_own_path = false;

  // It cannot be read now, and this is what was there before.
  bool is_stale = false;

  // Why no version can be served: a broken config file, a link out of the
  // repository … Fit for a client.
  absl::Status status;
};

void ApplyConfig(const ModelConfigFile& config, CatalogModel* model);

// FAILED_PRECONDITION, in words for clients, since `what`, unless the server
// may write and delete where the model lies.
absl::Status CheckWritable(const CatalogModel& model, absl::string_view what);

// One version, as it is on the disk now. Its revision is made of the archive's
// device, inode, size, mtime and ctime, and of the config; it is empty while
// there is no archive. Its status is the model's, NOT_FOUND for a version that
// the model does not have, or INVALID_ARGUMENT for an archive that is a link
// out of the repository.
ServableSpec SpecOf(const CatalogModel& model, int64_t version);

// Those that the model's version policy picks, ascending. One that says why,
// if none can be served.
std::vector<ServableSpec> ChosenSpecs(const CatalogModel& model);

}  // namespace sconce

#endif  // SERVER_SOURCES_CATALOG_MODEL_H_

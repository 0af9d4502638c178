// Scan of a model repository: finds the models in a folder.
//
// Two layouts, which may stand side by side:
//   <model>/<version>/model.pt   with an optional <model>/config.pbtxt
//   <model>.<any suffix>         a bare file, version 1
//
// Hidden entries are not looked at, and no archive is opened. What cannot be
// a model (a document, a folder without version folder) is passed over with a
// remark; what was meant as one and is broken is a model with a status.
#ifndef SERVER_SOURCES_REPOSITORY_SCAN_H_
#define SERVER_SOURCES_REPOSITORY_SCAN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "server/core/servable_config.h"
#include "server/sources/catalog_model.h"
#include "server/sources/model_config.h"
#include "server/sources/scan_remark.h"

namespace sconce {

struct RepositoryScan {
  std::vector<CatalogModel> models;
  std::vector<ScanRemark> remarks;
};

struct ScanOptions {
  ServableConfig defaults;  // for models without a config file
  std::string only;         // the one model to look for; empty: all
  // In place of the models' config files, if it is set. Borrowed.
  const ModelConfigFile* config = nullptr;
};

// Two entries may have the name of one model; the first is the one to take.
// INVALID_ARGUMENT: the system's reason why the folder cannot be read.
absl::StatusOr<RepositoryScan> ScanRepository(const std::string& root,
                                              const ScanOptions& options);

}  // namespace sconce

#endif  // SERVER_SOURCES_REPOSITORY_SCAN_H_

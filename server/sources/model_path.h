// ModelPath: one model that a flag names, and where its files lie.
//
// What may lie there, so that whatever a downloader leaves can be served:
//   a file                  whatever it is called, version 1
//   a folder with versions  <version>/model.pt, with or without config.pbtxt
//   a folder with one file  version 1, with or without config.pbtxt
//   a folder with one folder that is one of the two above
#ifndef SERVER_SOURCES_MODEL_PATH_H_
#define SERVER_SOURCES_MODEL_PATH_H_

#include <string>
#include <vector>

#include "server/sources/catalog_model.h"
#include "server/sources/repository_scan.h"
#include "server/sources/scan_remark.h"

namespace sconce {

struct ModelPath {
  std::string name;
  std::string path;
};

// The model as its path holds it now; what was found is told in `remarks`.
// Links are followed wherever they lead, for the flag vouches for them. Reads
// the disk. The status, fit for a client:
//   INVALID_ARGUMENT  what is there is broken, or could mean several models
//   UNAVAILABLE       nothing is there (yet) that could be the model
CatalogModel ScanModelPath(const ModelPath& where, const ScanOptions& options,
                           std::vector<ScanRemark>* remarks);

}  // namespace sconce

#endif  // SERVER_SOURCES_MODEL_PATH_H_

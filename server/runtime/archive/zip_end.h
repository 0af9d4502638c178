// The end of a zip archive, where its directory is described.
#ifndef SERVER_RUNTIME_ARCHIVE_ZIP_END_H_
#define SERVER_RUNTIME_ARCHIVE_ZIP_END_H_

#include "absl/status/status.h"

#include "server/runtime/archive/model_file.h"

namespace sconce {

// INVALID_ARGUMENT for a file that was cut short, that goes on behind its zip
// archive, that has two ends, or whose directory is too large to be read.
// LibTorch and libzip could then see different records in one file, and a
// check of one would be no check of the other.
absl::Status CheckZipEnd(const ModelFile& file);

}  // namespace sconce

#endif  // SERVER_RUNTIME_ARCHIVE_ZIP_END_H_

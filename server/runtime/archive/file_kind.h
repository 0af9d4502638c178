// What a file is, by its first bytes.
#ifndef SERVER_RUNTIME_ARCHIVE_FILE_KIND_H_
#define SERVER_RUNTIME_ARCHIVE_FILE_KIND_H_

#include <string>

#include "absl/status/statusor.h"

#include "server/runtime/archive/archive_kind.h"
#include "server/runtime/archive/zip_archive.h"

namespace sconce {

// Recognises a file of any size in milliseconds: reads its beginning, of a zip
// archive its directory. NOT_FOUND when it cannot be read.
absl::StatusOr<RecognizedFile> RecognizeFile(const std::string& path);

// Opens a TorchScript archive of a format that LibTorch reads. Else
// INVALID_ARGUMENT with what the file is instead and what to do.
absl::StatusOr<ZipArchive> OpenTorchScript(const std::string& path);

}  // namespace sconce

#endif  // SERVER_RUNTIME_ARCHIVE_FILE_KIND_H_

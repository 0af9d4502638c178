// What a zip archive is, by the names of its records.
#ifndef SERVER_RUNTIME_ARCHIVE_ZIP_KIND_H_
#define SERVER_RUNTIME_ARCHIVE_ZIP_KIND_H_

#include "absl/status/status.h"

#include "server/runtime/archive/archive_kind.h"
#include "server/runtime/archive/zip_archive.h"

namespace sconce {

// Reads at most the pickle that tells a state_dict from a module.
RecognizedFile RecognizeZip(const ZipArchive& archive);

// INVALID_ARGUMENT for a TorchScript archive whose format LibTorch cannot
// read, or that has no version.
absl::Status CheckFormatVersion(const ZipArchive& archive);

}  // namespace sconce

#endif  // SERVER_RUNTIME_ARCHIVE_ZIP_KIND_H_

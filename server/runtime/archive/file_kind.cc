#include "server/runtime/archive/file_kind.h"

#include <sys/stat.h>

#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/runtime/archive/head_kind.h"
#include "server/runtime/archive/model_file.h"
#include "server/runtime/archive/zip_kind.h"

namespace sconce {
namespace {

// A path that is no regular file; nothing for one that is, or is missing.
std::optional<RecognizedFile> RecognizeNoFile(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode)) {
    return std::nullopt;
  }
  if (S_ISDIR(status.st_mode)) {
    return RecognizedFile{ArchiveKind::kDirectory, "a directory, no file"};
  }
  return RecognizedFile{ArchiveKind::kOther, "a device or pipe, no file"};
}

bool IsZip(const ModelFile& file) {
  const std::string head = file.Read(0, 4);
  return head == "PK\3\4" || head == "PK\5\6";
}

}  // namespace

absl::StatusOr<RecognizedFile> RecognizeFile(const std::string& path) {
  if (const auto found = RecognizeNoFile(path)) return *found;
  ASSIGN_OR_RETURN(const ModelFile file, ModelFile::Open(path));
  if (!IsZip(file)) return RecognizeHead(file);
  ASSIGN_OR_RETURN(const ZipArchive archive, ZipArchive::Open(path));
  return RecognizeZip(archive);
}

absl::StatusOr<ZipArchive> OpenTorchScript(const std::string& path) {
  ASSIGN_OR_RETURN(const RecognizedFile found, RecognizeFile(path));
  if (!IsTorchScript(found.kind)) return RefuseFile(found);
  ASSIGN_OR_RETURN(ZipArchive archive, ZipArchive::Open(path));
  RETURN_IF_ERROR(CheckFormatVersion(archive));
  return archive;
}

}  // namespace sconce

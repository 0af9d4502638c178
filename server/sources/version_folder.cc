#include "server/sources/version_folder.h"

#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

#include "server/base/file_calls.h"
#include "server/base/status_macros.h"
#include "server/sources/bare_file.h"
#include "server/telemetry/log.h"

namespace sconce {
namespace {

namespace fs = std::filesystem;

fs::path TrashOf(const std::string& repository) {
  return fs::path(repository) / ".sconce" / "trash";
}

std::string Name(const std::string& model, int64_t version) {
  return absl::StrCat("model \"", model, "\" version ", version);
}

fs::file_type TypeOf(const fs::path& path) {
  std::error_code ignored;
  return fs::symlink_status(path, ignored).type();
}

bool IsFolder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

// A link could lead out of the repository.
absl::Status CheckModelFolder(const fs::path& folder,
                              const std::string& model) {
  const fs::file_type type = TypeOf(folder);
  if (type == fs::file_type::not_found || type == fs::file_type::directory) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "model \"", model,
      "\": what has its name in the repository is no folder but a link or a "
      "file; uploads and deletions need a folder"));
}

bool HasVersion(const std::string& repository, const std::string& model,
                int64_t version) {
  const fs::path folder = fs::path(repository) / model / absl::StrCat(version);
  return TypeOf(folder) != fs::file_type::not_found ||
         (version == 1 && FindBareFile(repository, model).has_value());
}

absl::Status AlreadyExists(const std::string& model, int64_t version) {
  return absl::AlreadyExistsError(
      absl::StrCat(Name(model, version),
                   " is in the repository already; delete it first or choose "
                   "another version"));
}

// Of a folder that was made for the version, the entry has to last, too.
int SyncAdded(const fs::path& repository, const fs::path& model_folder,
              bool made) {
  int error = SyncFolder(model_folder.string());
  if (error == 0 && made) error = SyncFolder(repository.string());
  return error;
}

// Moves the entry into a new folder of the trash. Returns 0 or an errno.
int MoveToTrash(const std::string& repository, const fs::path& entry,
                fs::path* trashed) {
  const fs::path trash = TrashOf(repository);
  int error = MakeFolder(trash.parent_path().string());
  if (error == 0) error = MakeFolder(trash.string());
  if (error != 0) return error;
  std::string unique = (trash / "XXXXXX").string();
  if (mkdtemp(unique.data()) == nullptr) return errno;
  *trashed = unique;
  error = RenameFile(entry.string(), (*trashed / entry.filename()).string());
  if (error != 0) rmdir(unique.c_str());
  return error;
}

// The folder of the version or its bare file.
absl::StatusOr<fs::path> FindVersion(const std::string& repository,
                                     const std::string& model,
                                     int64_t version) {
  fs::path folder = fs::path(repository) / model / absl::StrCat(version);
  if (IsFolder(folder)) return folder;
  if (version == 1) {
    if (auto file = FindBareFile(repository, model)) return fs::path(*file);
  }
  return absl::NotFoundError(
      absl::StrCat(Name(model, version), " is not in the repository"));
}

// Removes it for good. What stays is out of sight and removed later.
void RemoveTrashed(const fs::path& trashed) {
  std::error_code error;
  fs::remove_all(trashed, error);
  if (!error) return;
  LogWarning("a deleted version could not be removed from the disk",
             {{"folder", trashed.string()}, {"error", error.message()}});
}

}  // namespace

absl::Status AddVersionFolder(const std::string& prepared,
                              const std::string& repository,
                              const std::string& model, int64_t version) {
  const fs::path folder = fs::path(repository) / model;
  const std::string target = (folder / absl::StrCat(version)).string();
  RETURN_IF_ERROR(CheckModelFolder(folder, model));
  if (HasVersion(repository, model, version)) {
    return AlreadyExists(model, version);
  }
  bool made = false;
  int error = MakeFolder(folder.string(), &made);
  if (error == 0) error = RenameToNew(prepared, target);
  if (error == 0) {
    error = SyncAdded(repository, folder, made);
    if (error != 0) rename(target.c_str(), prepared.c_str());
  }
  if (error == 0) return absl::OkStatus();
  if (made) rmdir(folder.c_str());
  if (error == EEXIST) return AlreadyExists(model, version);
  return FileError(error,
                   absl::StrCat(Name(model, version), " was not stored"));
}

absl::Status DeleteVersionFolder(const std::string& repository,
                                 const std::string& model, int64_t version) {
  const fs::path model_folder = fs::path(repository) / model;
  RETURN_IF_ERROR(CheckModelFolder(model_folder, model));
  ASSIGN_OR_RETURN(const fs::path entry,
                   FindVersion(repository, model, version));
  fs::path trashed;
  int error = MoveToTrash(repository, entry, &trashed);
  if (error == 0) error = SyncFolder(entry.parent_path().string());
  // Not empty, config.pbtxt say, or never there: it stays as it is.
  if (error == 0 && rmdir(model_folder.c_str()) == 0) {
    error = SyncFolder(repository);
  }
  if (!trashed.empty()) RemoveTrashed(trashed);
  if (error == 0) return absl::OkStatus();
  return FileError(
      error, absl::StrCat(Name(model, version), " was not deleted for good"));
}

void EmptyTrash(const std::string& repository) {
  const fs::path trash = TrashOf(repository);
  if (TypeOf(trash) == fs::file_type::directory) RemoveTrashed(trash);
}

}  // namespace sconce

#include "server/sources/private_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <optional>
#include <system_error>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"

#include "server/base/file_calls.h"
#include "server/base/status_macros.h"
#include "server/sources/folder_entries.h"
#include "server/sources/repository_path.h"
#include "server/telemetry/log.h"

namespace sconce {
namespace {

namespace fs = std::filesystem;

constexpr absl::string_view kOverrides = ".sconce/overrides";

absl::Status CannotWrite(int error) {
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
    return absl::ResourceExhaustedError(
        "no space left on the server's disk for the model's files");
  }
  return absl::InternalError(
      absl::StrCat("the server cannot write the model's files: ",
                   std::generic_category().message(error)));
}

// A new folder in `parent`, made if need be; or errno.
std::variant<fs::path, int> MakeFolder(const fs::path& parent) {
  std::error_code error;
  fs::create_directories(parent, error);
  if (error) return error.value();
  std::string pattern = (parent / "sconce-load-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) return errno;
  return fs::path(pattern);
}

// The place for such folders; nothing if a link leads it out of the repository,
// or there is none.
std::optional<fs::path> PlaceIn(const std::string& repository) {
  if (repository.empty()) return std::nullopt;
  const absl::Status resolved = ResolveBeneath(repository, kOverrides).status();
  if (absl::IsInvalidArgument(resolved)) return std::nullopt;
  return fs::path(repository) / std::string(kOverrides);
}

// -1: the folder cannot be opened, or somebody else has the lock.
int Lock(const fs::path& folder) {
  const int fd =
      open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  close(fd);
  return -1;
}

}  // namespace

PrivateFolder::PrivateFolder(fs::path path)
    : path_(std::move(path)), lock_(Lock(path_)) {}

PrivateFolder::~PrivateFolder() {
  std::error_code error;
  fs::remove_all(path_, error);
  if (error) {
    LogWarning("temporary files cannot be removed",
               {{"folder", path_.string()}, {"reason", error.message()}});
  }
  if (lock_ >= 0) close(lock_);
}

absl::StatusOr<std::unique_ptr<PrivateFolder>> PrivateFolder::Create(
    const std::string& repository) {
  std::variant<fs::path, int> made = EACCES;
  if (const auto place = PlaceIn(repository)) made = MakeFolder(*place);
  if (const int* error = std::get_if<int>(&made)) {
    const absl::Status status = CannotWrite(*error);
    // Temporary folders often are memory: no place for what a disk is full of.
    if (absl::IsResourceExhausted(status)) return status;
    // Not in a folder of its own there, which somebody else could make first.
    std::error_code ignored;
    made = MakeFolder(fs::temp_directory_path(ignored));
  }
  if (const int* error = std::get_if<int>(&made)) return CannotWrite(*error);
  return std::unique_ptr<PrivateFolder>(
      new PrivateFolder(std::get<fs::path>(std::move(made))));
}

absl::Status PrivateFolder::Write(const std::string& relative,
                                  absl::string_view bytes) {
  const fs::path file = path_ / relative;
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error) return CannotWrite(error.value());
  const int fd = open(
      file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return CannotWrite(errno);
  const int failed = WriteAll(fd, bytes);
  // Some file systems find out only now that there is no space.
  const int closed = close(fd) == 0 ? 0 : errno;
  if (failed != 0) return CannotWrite(failed);
  return closed == 0 ? absl::OkStatus() : CannotWrite(closed);
}

void PrivateFolder::RemoveLeftovers(const std::string& repository) {
  const auto place = PlaceIn(repository);
  if (!place) return;
  const auto entries = FolderEntries(*place);
  if (!entries.ok()) return;
  for (const auto& entry : *entries) {
    const int lock = Lock(entry.path());
    if (lock < 0) continue;
    std::error_code ignored;
    fs::remove_all(entry.path(), ignored);
    close(lock);
  }
}

}  // namespace sconce

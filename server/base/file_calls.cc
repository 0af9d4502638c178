#include "server/base/file_calls.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sconce {
namespace {

std::atomic<const FileFault*> current_fault = nullptr;

// Makes `call` until no signal interrupts it.
template <typename Call>
int ErrorOf(absl::string_view name, const Call& call) {
  if (const int fault = InjectedFault(name); fault != 0) return fault;
  while (call() < 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

bool IsFolder(const std::string& path) {
  struct stat found = {};
  return stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
}

bool IsEntry(const std::string& path) {
  struct stat found = {};
  return lstat(path.c_str(), &found) == 0;
}

}  // namespace

ScopedFileFault::ScopedFileFault(FileFault fault) : fault_(std::move(fault)) {
  current_fault = &fault_;
}

ScopedFileFault::~ScopedFileFault() { current_fault = nullptr; }

int InjectedFault(absl::string_view call) {
  const FileFault* const fault = current_fault;
  return fault == nullptr ? 0 : (*fault)(call);
}

int OpenFile(const std::string& path, int flags, FileDescriptor* file) {
  return ErrorOf("open", [&] {
    *file = FileDescriptor(
        open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0644));
    return file->get();
  });
}

int WriteAll(int fd, absl::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t written = 0;
    const int error = ErrorOf("write", [&] {
      written = write(fd, bytes.data(), bytes.size());
      return written;
    });
    if (error != 0) return error;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

int ReserveSpace(int fd, int64_t bytes) {
  const int error = ErrorOf("fallocate", [&] {
    return fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, bytes);
  });
  return error == EOPNOTSUPP || error == ENOSYS ? 0 : error;
}

int SyncFile(int fd) {
  return ErrorOf("fsync", [&] { return fsync(fd); });
}

int SyncFolder(const std::string& path) {
  const FileDescriptor folder(
      open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open()) return errno;
  const int error = SyncFile(folder.get());
  // Network file systems without such a call.
  return error == EINVAL ? 0 : error;
}

int MakeFolder(const std::string& path, bool* made) {
  const int error = ErrorOf("mkdir", [&] { return mkdir(path.c_str(), 0755); });
  if (made != nullptr) *made = error == 0;
  return error == EEXIST && IsFolder(path) ? 0 : error;
}

int RenameFile(const std::string& from, const std::string& to) {
  return ErrorOf("rename", [&] { return rename(from.c_str(), to.c_str()); });
}

int RenameToNew(const std::string& from, const std::string& to) {
  const int error = ErrorOf("rename", [&] {
    return renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(),
                     RENAME_NOREPLACE);
  });
  if (error != EINVAL && error != ENOSYS) return error;
  // The file system does not know this call.
  return IsEntry(to) ? EEXIST : RenameFile(from, to);
}

absl::Status FileError(int error, absl::string_view what) {
  switch (error) {
    case ENOSPC:
      return absl::ResourceExhaustedError(absl::StrCat(
          what, ": no space left on the disk; free some and try again"));
    case EDQUOT:
      return absl::ResourceExhaustedError(absl::StrCat(
          what, ": the disk quota is used up; free some and try again"));
    case EFBIG:
      return absl::ResourceExhaustedError(absl::StrCat(
          what,
          ": larger than a file may be; raise the limit of the server's "
          "process or file system"));
    case EROFS:
      return absl::FailedPreconditionError(absl::StrCat(
          what, ": the file system is read-only; mount it writable"));
    case EACCES:
    case EPERM:
      return absl::FailedPreconditionError(absl::StrCat(
          what, ": no permission; let the server's user write there"));
    default:
      return absl::InternalError(
          absl::StrCat(what, ": ", std::generic_category().message(error)));
  }
}

}  // namespace sconce

#include "server/sources/written_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>
#include <csignal>
#include <cstdint>

#include "server/base/file_descriptor.h"
#include "server/sources/folder_watches.h"

namespace sconce {
namespace {

// Remote ones refuse a lease with the same error, for reasons of their own.
bool IsLocalFile(int fd) {
  struct stat file = {};
  struct statfs system = {};
  return fstat(fd, &file) == 0 && S_ISREG(file.st_mode) &&
         fstatfs(fd, &system) == 0 &&
         !IsRemoteFileSystem(static_cast<uint32_t>(system.f_type));
}

}  // namespace

bool IsBeingWritten(const std::string& path) {
  // A pipe would block without O_NONBLOCK.
  const FileDescriptor file(
      open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open() || !IsLocalFile(file.get())) return false;
  // A writer that comes while the lease is held makes the kernel send a
  // signal; by default it is one that ends the process.
  if (fcntl(file.get(), F_SETSIG, SIGURG) != 0) return false;
  if (fcntl(file.get(), F_SETLEASE, F_RDLCK) != 0) return errno == EAGAIN;
  fcntl(file.get(), F_SETLEASE, F_UNLCK);
  return false;
}

}  // namespace sconce

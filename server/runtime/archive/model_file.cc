#include "server/runtime/archive/model_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

namespace sconce {

absl::StatusOr<ModelFile> ModelFile::Open(const std::string& path) {
  // Without O_NONBLOCK a pipe would hold the load for ever.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status;
  if (fd >= 0 && fstat(fd, &status) == 0) {
    return ModelFile(fd, static_cast<uint64_t>(status.st_size));
  }
  if (fd >= 0) close(fd);
  return absl::NotFoundError(
      "the model file cannot be read; expected <model>/<version>/model.pt or a "
      "file that the server may read");
}

ModelFile::ModelFile(ModelFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), size_(other.size_) {}

ModelFile::~ModelFile() {
  if (fd_ >= 0) close(fd_);
}

std::string ModelFile::Read(uint64_t position, size_t length) const {
  std::string bytes(length, '\0');
  size_t done = 0;
  while (done < length) {
    const ssize_t got = pread(fd_, bytes.data() + done, length - done,
                              static_cast<off_t>(position + done));
    if (got <= 0) break;
    done += static_cast<size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace sconce

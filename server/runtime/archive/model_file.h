// ModelFile: reads pieces of a file by their position.
#ifndef SERVER_RUNTIME_ARCHIVE_MODEL_FILE_H_
#define SERVER_RUNTIME_ARCHIVE_MODEL_FILE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace sconce {

// An open regular file. Not mapped: a mapped file that is cut short while it
// is read ends the process. Thread-safe.
class ModelFile {
 public:
  // NOT_FOUND when there is no file that the server may read.
  static absl::StatusOr<ModelFile> Open(const std::string& path);

  ModelFile(ModelFile&& other) noexcept;
  ModelFile& operator=(ModelFile&&) = delete;
  ~ModelFile();

  uint64_t size() const { return size_; }

  // Up to `length` bytes from `position`; fewer at the end of the file.
  std::string Read(uint64_t position, size_t length) const;

 private:
  ModelFile(int fd, uint64_t size) : fd_(fd), size_(size) {}

  int fd_;  // -1 after a move
  const uint64_t size_;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_ARCHIVE_MODEL_FILE_H_

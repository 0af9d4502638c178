// UploadStore: begins uploads into a repository and cleans up after them.
#ifndef SERVER_SOURCES_UPLOAD_STORE_H_
#define SERVER_SOURCES_UPLOAD_STORE_H_

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "server/core/model_control.h"
#include "server/sources/staged_upload.h"

namespace sconce {

// Keeps the bytes in `<repository>/.sconce/uploads`. Thread-safe; its uploads
// may outlive it. Blocks on the disk.
class UploadStore {
 public:
  struct Options {
    std::string repository;
    int64_t max_bytes = std::numeric_limits<int64_t>::max();  // of an archive
    // How long a broken, resumable upload can be gone on with.
    std::chrono::seconds keep = std::chrono::hours(1);
  };

  explicit UploadStore(Options options);

  // INVALID_ARGUMENT: no SHA-256, or a size or offset that cannot be.
  // RESOURCE_EXHAUSTED: larger than max_bytes, or no space. Others as
  // StagedUpload::Open(). The model's name was checked by the caller.
  absl::StatusOr<std::unique_ptr<StagedUpload>> Begin(
      const UploadRequest& request);

  // Bytes that a broken upload of this archive has left, 0 without one.
  absl::StatusOr<int64_t> Offset(const UploadRequest& request) const;

  // Removes what an earlier process has left. Not while that lives.
  void RemoveLeftovers();

  // Removes broken uploads that nobody went on with for `keep`. Begin() does
  // so, too.
  void Clean();

 private:
  absl::Status Check(const UploadRequest& request) const;
  void RemoveUntouchedSince(std::filesystem::file_time_type time);

  const Options options_;
  const std::filesystem::path folder_;
};

}  // namespace sconce

#endif  // SERVER_SOURCES_UPLOAD_STORE_H_

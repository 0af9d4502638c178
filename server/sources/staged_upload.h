// StagedUpload: the bytes of one archive on their way into a repository.
#ifndef SERVER_SOURCES_STAGED_UPLOAD_H_
#define SERVER_SOURCES_STAGED_UPLOAD_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "server/base/file_descriptor.h"
#include "server/core/model_control.h"
#include "server/sources/sha256.h"

namespace sconce {

// Owns `<folder>/<key>.part`, by model and archive, which is locked as long as
// it lives, also against other processes. The destructor removes the bytes, but
// for those of a resumable upload that only stopped early. One thread at a
// time; blocks on the disk. No message has a path.
class StagedUpload {
 public:
  // Begins, or goes on where an earlier upload of the same archive ended; an
  // upload from offset 0 that is not resumable starts anew. Hashes what is
  // there. `folder` exists, and `request` was checked. ABORTED: the same
  // archive is being uploaded for this model. OUT_OF_RANGE: the request's
  // offset is another than where to go on; the message tells that. Others as
  // FileError().
  static absl::StatusOr<std::unique_ptr<StagedUpload>> Open(
      const std::filesystem::path& folder, const std::string& repository,
      const UploadRequest& request);

  // Where the bytes of such an upload lie.
  static std::filesystem::path PathIn(const std::filesystem::path& folder,
                                      const UploadRequest& request);

  ~StagedUpload();
  StagedUpload(const StagedUpload&) = delete;
  StagedUpload& operator=(const StagedUpload&) = delete;

  // Bytes that are there.
  int64_t offset() const { return offset_; }

  // INVALID_ARGUMENT: more bytes than announced. RESOURCE_EXHAUSTED: no space.
  // After an error nothing is kept, and each further call returns it.
  absl::Status Append(absl::string_view bytes);

  // Checks size and hash, syncs, and makes the archive appear as
  // `<repository>/<model>/<version>/model.pt` in one step. INVALID_ARGUMENT: a
  // size or hash other than announced; ALREADY_EXISTS: the version is there.
  // After an error nothing is kept, but for a resumable upload that is too
  // short. Called once.
  absl::Status Publish(const std::string& model, int64_t version);

  // The published version was loaded, so that it stays. Without this it is
  // deleted when the repository's next UploadStore is made after this is gone.
  absl::Status Confirm();

 private:
  StagedUpload(const std::filesystem::path& folder,
               const std::string& repository, const UploadRequest& request,
               FileDescriptor file);

  absl::Status Resume(int64_t offset);
  absl::Status HashStaged();
  absl::Status CheckComplete();
  int Prepare();
  bool OwnsPath() const;
  absl::Status Fail(absl::Status status);

  const std::string repository_;
  const std::string sha256_;
  const int64_t size_;
  const bool resumable_;
  const std::filesystem::path path_;      // of the bytes
  const std::filesystem::path prepared_;  // becomes the version's folder
  std::string published_folder_;
  FileDescriptor file_;
  FileDescriptor mark_;  // see unproven_version.h
  Sha256 hash_;
  int64_t offset_ = 0;
  bool keep_ = false;
  bool published_ = false;
  absl::Status fault_;
};

}  // namespace sconce

#endif  // SERVER_SOURCES_STAGED_UPLOAD_H_

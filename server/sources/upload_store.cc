#include "server/sources/upload_store.h"

#include <fcntl.h>
#include <sys/file.h>

#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "server/base/file_calls.h"
#include "server/base/file_descriptor.h"
#include "server/base/status_macros.h"
#include "server/sources/sha256.h"
#include "server/sources/unproven_version.h"

namespace sconce {
namespace {

namespace fs = std::filesystem;

using FileClock = fs::file_time_type::clock;

// Leaves alone what an upload, be it of another process, has locked: its file,
// which lies in a folder while it is published.
void RemoveUnlocked(const fs::path& entry) {
  std::error_code none;
  const fs::path locked = fs::is_directory(fs::symlink_status(entry, none))
                              ? entry / "model.pt"
                              : entry;
  const FileDescriptor file(
      open(locked.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.is_open() && flock(file.get(), LOCK_EX | LOCK_NB) != 0) return;
  std::error_code ignored;
  fs::remove_all(entry, ignored);
}

absl::Status NoSha256(const UploadRequest& request) {
  return absl::InvalidArgumentError(absl::StrCat(
      "sha256 has ", request.sha256.size(),
      " characters or others than hexadecimal digits; expected 64 digits"));
}

}  // namespace

UploadStore::UploadStore(Options options)
    : options_(std::move(options)),
      folder_(fs::path(options_.repository) / ".sconce" / "uploads") {}

void UploadStore::RemoveLeftovers() {
  RemoveUntouchedSince(fs::file_time_type::max());
  RemoveUnprovenVersions(options_.repository);
}

absl::StatusOr<std::unique_ptr<StagedUpload>> UploadStore::Begin(
    const UploadRequest& request) {
  RETURN_IF_ERROR(Check(request));
  Clean();
  int error = MakeFolder(folder_.parent_path().string());
  if (error == 0) error = MakeFolder(folder_.string());
  if (error != 0) return FileError(error, "the upload cannot begin");
  return StagedUpload::Open(folder_, options_.repository, request);
}

absl::StatusOr<int64_t> UploadStore::Offset(
    const UploadRequest& request) const {
  if (!IsSha256(request.sha256)) return NoSha256(request);
  std::error_code none;
  const uintmax_t bytes =
      fs::file_size(StagedUpload::PathIn(folder_, request), none);
  return none ? 0 : static_cast<int64_t>(bytes);
}

void UploadStore::Clean() {
  RemoveUntouchedSince(FileClock::now() - options_.keep);
}

absl::Status UploadStore::Check(const UploadRequest& request) const {
  if (!IsSha256(request.sha256)) return NoSha256(request);
  if (request.size < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("size is ", request.size, ", expected the archive's"));
  }
  if (request.size > options_.max_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the archive has ", request.size,
                     " bytes, the server takes at most ", options_.max_bytes));
  }
  if (request.offset < 0 || request.offset > request.size) {
    return absl::InvalidArgumentError(
        absl::StrCat("offset is ", request.offset, ", expected 0 to ",
                     request.size, ", the archive's size"));
  }
  return absl::OkStatus();
}

void UploadStore::RemoveUntouchedSince(fs::file_time_type time) {
  std::error_code error;
  for (fs::directory_iterator it(folder_, error), end; it != end && !error;
       it.increment(error)) {
    std::error_code gone;
    const fs::file_time_type touched = it->last_write_time(gone);
    if (!gone && touched < time) RemoveUnlocked(it->path());
  }
}

}  // namespace sconce

#include "server/sources/staged_upload.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/memory/memory.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "server/base/file_calls.h"
#include "server/base/status_macros.h"
#include "server/sources/unproven_version.h"
#include "server/sources/version_folder.h"

namespace sconce {
namespace {

namespace fs = std::filesystem;

constexpr char kWhat[] = "the upload was not stored";
constexpr size_t kReadBytes = size_t{1} << 20;

absl::Status InProgress() {
  return absl::AbortedError(
      "this archive is being uploaded for this model already; try again when "
      "that has ended");
}

// Of the model's name and the archive: a file's name.
std::string KeyOf(const UploadRequest& request) {
  Sha256 hash;
  hash.Update(absl::AsciiStrToLower(request.sha256));
  hash.Update(request.model);
  return hash.Finish();
}

// Whether the path still leads to the open file: another process may have
// removed it.
bool LeadsTo(const fs::path& path, int fd) {
  struct stat named = {};
  struct stat open = {};
  return lstat(path.c_str(), &named) == 0 && fstat(fd, &open) == 0 &&
         named.st_ino == open.st_ino && named.st_dev == open.st_dev;
}

}  // namespace

fs::path StagedUpload::PathIn(const fs::path& folder,
                              const UploadRequest& request) {
  return folder / absl::StrCat(KeyOf(request), ".part");
}

absl::StatusOr<std::unique_ptr<StagedUpload>> StagedUpload::Open(
    const fs::path& folder, const std::string& repository,
    const UploadRequest& request) {
  const fs::path path = PathIn(folder, request);
  FileDescriptor file;
  const int error = OpenFile(path.string(), O_RDWR | O_CREAT, &file);
  if (error != 0) return FileError(error, kWhat);
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0 || !LeadsTo(path, file.get())) {
    return InProgress();
  }
  auto upload = absl::WrapUnique(
      new StagedUpload(folder, repository, request, std::move(file)));
  RETURN_IF_ERROR(upload->Resume(request.offset));
  return upload;
}

StagedUpload::StagedUpload(const fs::path& folder,
                           const std::string& repository,
                           const UploadRequest& request, FileDescriptor file)
    : repository_(repository),
      sha256_(absl::AsciiStrToLower(request.sha256)),
      size_(request.size),
      resumable_(request.resumable),
      path_(PathIn(folder, request)),
      prepared_(folder / absl::StrCat(KeyOf(request), ".version")),
      file_(std::move(file)) {}

StagedUpload::~StagedUpload() {
  if (published_ || !OwnsPath()) return;
  if (keep_ && offset_ > 0) {
    // Gives back what was reserved beyond.
    if (ftruncate(file_.get(), offset_) == 0) return;
  }
  std::error_code ignored;
  fs::remove(path_, ignored);
}

absl::Status StagedUpload::Resume(int64_t offset) {
  struct stat staged = {};
  if (fstat(file_.get(), &staged) != 0) return FileError(errno, kWhat);
  offset_ = staged.st_size;
  const bool starts_anew = offset == 0 && !resumable_;
  if (starts_anew || offset_ > size_) {
    if (ftruncate(file_.get(), 0) != 0) return FileError(errno, kWhat);
    offset_ = 0;
  }
  if (offset != offset_) {
    keep_ = true;  // for the next, right one
    return absl::OutOfRangeError(
        absl::StrCat("offset ", offset, ": of this archive ", offset_,
                     " bytes are here; go on from offset ", offset_));
  }
  RETURN_IF_ERROR(HashStaged());
  const int error = ReserveSpace(file_.get(), size_);
  if (error != 0) return FileError(error, kWhat);
  keep_ = resumable_;
  return absl::OkStatus();
}

// Leaves the file's position at its end.
absl::Status StagedUpload::HashStaged() {
  if (offset_ == 0) return absl::OkStatus();
  std::vector<char> buffer(kReadBytes);
  int64_t hashed = 0;
  while (hashed < offset_) {
    const ssize_t got = read(file_.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return FileError(got < 0 ? errno : EIO, kWhat);
    hash_.Update({buffer.data(), static_cast<size_t>(got)});
    hashed += got;
  }
  return absl::OkStatus();
}

absl::Status StagedUpload::Append(absl::string_view bytes) {
  RETURN_IF_ERROR(fault_);
  if (bytes.size() > static_cast<uint64_t>(size_ - offset_)) {
    return Fail(absl::InvalidArgumentError(absl::StrCat(
        "the upload has more bytes than the ", size_, " announced")));
  }
  const int error = WriteAll(file_.get(), bytes);
  if (error != 0) return Fail(FileError(error, kWhat));
  hash_.Update(bytes);
  offset_ += static_cast<int64_t>(bytes.size());
  return absl::OkStatus();
}

absl::Status StagedUpload::Publish(const std::string& model, int64_t version) {
  RETURN_IF_ERROR(fault_);
  RETURN_IF_ERROR(CheckComplete());
  // Another process has cleaned up: the path may be that of other bytes.
  if (!OwnsPath()) return Fail(InProgress());
  if (const int error = Prepare(); error != 0) {
    return Fail(FileError(error, kWhat));
  }
  absl::Status added =
      AddVersionFolder(prepared_.string(), repository_, model, version);
  published_ = added.ok();
  if (published_) {
    published_folder_ =
        (fs::path(repository_) / model / absl::StrCat(version)).string();
    file_.Close();
    return added;
  }
  std::error_code ignored;
  fs::rename(prepared_ / "model.pt", path_, ignored);
  fs::remove_all(prepared_, ignored);
  return Fail(added);
}

absl::Status StagedUpload::Confirm() {
  const int error = RemoveUnprovenMark(published_folder_);
  return error == 0 ? absl::OkStatus() : FileError(error, kWhat);
}

absl::Status StagedUpload::CheckComplete() {
  if (offset_ != size_) {
    fault_ = absl::InvalidArgumentError(absl::StrCat(
        "the upload ended after ", offset_, " bytes, expected ", size_));
    return fault_;
  }
  const std::string found = hash_.Finish();
  if (found == sha256_) return absl::OkStatus();
  return Fail(absl::InvalidArgumentError(
      absl::StrCat("the upload's sha256 is ", found, ", expected ", sha256_)));
}

// Makes the folder that becomes the version's. Returns 0 or an errno, then
// the bytes are where they were.
int StagedUpload::Prepare() {
  const std::string archive = (prepared_ / "model.pt").string();
  int error = SyncFile(file_.get());
  if (error == 0) error = MakeFolder(prepared_.string());
  if (error == 0) error = MarkUnproven(prepared_.string(), &mark_);
  if (error == 0) error = RenameFile(path_.string(), archive);
  if (error == 0) error = SyncFolder(prepared_.string());
  if (error == 0) return 0;
  std::error_code ignored;
  fs::rename(archive, path_, ignored);
  fs::remove_all(prepared_, ignored);
  return error;
}

bool StagedUpload::OwnsPath() const { return LeadsTo(path_, file_.get()); }

// Removes the bytes before anybody hears of the error.
absl::Status StagedUpload::Fail(absl::Status status) {
  keep_ = false;
  std::error_code ignored;
  if (OwnsPath()) fs::remove(path_, ignored);
  fault_ = std::move(status);
  return fault_;
}

}  // namespace sconce

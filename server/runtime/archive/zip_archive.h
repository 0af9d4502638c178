// ZipArchive: the records of a zip file as PyTorch writes it, opened with
// care.
#ifndef SERVER_RUNTIME_ARCHIVE_ZIP_ARCHIVE_H_
#define SERVER_RUNTIME_ARCHIVE_ZIP_ARCHIVE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct zip;

namespace sconce {

// An entry of the archive.
struct ZipRecord {
  std::string full_name;  // as it is in the file
  std::string name;       // below the top folder, where there is one
  uint64_t index = 0;
  uint64_t size = 0;         // of its content
  uint64_t stored_size = 0;  // in the file
  bool is_compressed = false;
};

// An open archive. One thread at a time. All errors are INVALID_ARGUMENT and
// fit for a client.
class ZipArchive {
 public:
  // Reads the directory, and nothing else. Refuses files that two readers of
  // zip files could read differently, because LibTorch has a reader of its
  // own.
  static absl::StatusOr<ZipArchive> Open(const std::string& path);

  // In the order of the directory.
  const std::vector<ZipRecord>& records() const { return records_; }

  // Bytes of the file.
  uint64_t file_size() const { return file_size_; }

  // The record called `name` below the top folder; nullptr without one. Lives
  // as long as the archive.
  const ZipRecord* Find(absl::string_view name) const;

  // The records whose names below the top folder begin and end so.
  std::vector<const ZipRecord*> FindAll(absl::string_view prefix,
                                        absl::string_view suffix) const;

  // The content of a record that has at most `limit` bytes.
  absl::StatusOr<std::string> Read(const ZipRecord& record,
                                   uint64_t limit) const;

  // Hands the content over piece by piece; OK when all of it was read and
  // matches its checksum.
  absl::Status Stream(
      const ZipRecord& record,
      absl::FunctionRef<void(absl::string_view)> on_piece) const;

 private:
  struct Close {
    void operator()(zip* archive) const;
  };

  ZipArchive(zip* archive, uint64_t file_size)
      : zip_(archive), file_size_(file_size) {}
  absl::Status ReadDirectory();

  std::unique_ptr<zip, Close> zip_;
  uint64_t file_size_;
  std::vector<ZipRecord> records_;
  // Index in records_. Not one of abseil's maps: these do not survive it when
  // their allocation fails, and the file says how large this one is.
  std::map<std::string, size_t, std::less<>> by_name_;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_ARCHIVE_ZIP_ARCHIVE_H_

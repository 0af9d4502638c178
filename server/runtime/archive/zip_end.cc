#include "server/runtime/archive/zip_end.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include "server/base/status_macros.h"
#include "server/runtime/archive/archive_kind.h"
#include "server/runtime/archive/little_endian.h"

namespace sconce {
namespace {

constexpr absl::string_view kEnd("PK\5\6", 4);
constexpr absl::string_view kEnd64Locator("PK\6\7", 4);
constexpr absl::string_view kEnd64("PK\6\6", 4);
constexpr size_t kEndSize = 22;
constexpr size_t kLocatorSize = 20;
constexpr size_t kEnd64Size = 56;
// A zip archive may end with a comment of this size at most.
constexpr size_t kMaxComment = 65535;
// The directory of a model of 10 000 records takes 1 MB.
constexpr uint64_t kMaxDirectory = 8 << 20;

// Whether an end of a directory at `at` would reach to the end of the file.
bool IsEnd(absl::string_view tail, size_t at) {
  if (tail.substr(at, kEnd.size()) != kEnd || at + kEndSize > tail.size()) {
    return false;
  }
  return at + kEndSize + LittleEndian(tail, at + 20, 2) == tail.size();
}

// The directory's size; that of an archive above 4 GiB stands before its end.
uint64_t DirectorySize(absl::string_view tail) {
  const size_t end = tail.size() - kEndSize;
  const uint64_t size = LittleEndian(tail, end + 12, 4);
  if (end < kLocatorSize + kEnd64Size) return size;
  const size_t locator = end - kLocatorSize;
  const size_t end64 = locator - kEnd64Size;
  if (tail.substr(locator, 4) != kEnd64Locator) return size;
  if (tail.substr(end64, 4) != kEnd64) return kMaxDirectory + 1;
  return LittleEndian(tail, end64 + 40, 8);
}

absl::Status CheckTail(absl::string_view tail) {
  size_t ends = 0;
  for (size_t at = tail.find(kEnd); at != absl::string_view::npos;
       at = tail.find(kEnd, at + 1)) {
    ends += IsEnd(tail, at);
  }
  if (ends == 0) {
    return DamagedFile(
        "it is a zip archive, but its end is missing: it was cut short, or "
        "something was written behind it");
  }
  if (ends > 1 || !IsEnd(tail, tail.size() - kEndSize)) {
    return DamagedFile(
        "it is a zip archive with a comment or a second end, which PyTorch "
        "does not write");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckZipEnd(const ModelFile& file) {
  const size_t length = std::min<uint64_t>(
      file.size(), kMaxComment + kEndSize + kLocatorSize + kEnd64Size);
  const std::string tail = file.Read(file.size() - length, length);
  RETURN_IF_ERROR(CheckTail(tail));
  const uint64_t directory = DirectorySize(tail);
  if (directory <= kMaxDirectory) return absl::OkStatus();
  return DamagedFile(absl::StrCat("it is a zip archive whose directory has ",
                                  directory, " bytes; expected at most ",
                                  kMaxDirectory));
}

}  // namespace sconce

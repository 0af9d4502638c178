#include "server/runtime/archive/zip_archive.h"

#include <zip.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/runtime/archive/archive_kind.h"
#include "server/runtime/archive/model_file.h"
#include "server/runtime/archive/zip_end.h"

namespace sconce {
namespace {

constexpr size_t kPiece = 256 << 10;

absl::Status RecordFault(const ZipRecord& record, absl::string_view fault) {
  return DamagedFile(absl::StrCat("record '", record.name, "' ", fault));
}

// What LibTorch's reader takes as the name: all behind the first slash.
std::string BelowTopFolder(const std::string& name) {
  const size_t slash = name.find('/');
  const bool is_folder = slash == std::string::npos || slash + 1 == name.size();
  return is_folder ? name : name.substr(slash + 1);
}

absl::StatusOr<ZipRecord> ToRecord(const zip_stat_t& entry) {
  ZipRecord record{entry.name,      BelowTopFolder(entry.name),
                   entry.index,     entry.size,
                   entry.comp_size, entry.comp_method != ZIP_CM_STORE};
  if (entry.encryption_method != ZIP_EM_NONE) {
    return RecordFault(record, "is encrypted, which PyTorch cannot read");
  }
  if (record.is_compressed && entry.comp_method != ZIP_CM_DEFLATE) {
    return RecordFault(
        record, absl::StrCat("is compressed by method ", entry.comp_method,
                             ", which PyTorch cannot read"));
  }
  return record;
}

struct CloseRecord {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

}  // namespace

void ZipArchive::Close::operator()(zip* archive) const { zip_discard(archive); }

absl::StatusOr<ZipArchive> ZipArchive::Open(const std::string& path) {
  ASSIGN_OR_RETURN(const ModelFile file, ModelFile::Open(path));
  RETURN_IF_ERROR(CheckZipEnd(file));
  int error = 0;
  zip* const opened =
      zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &error);
  if (opened == nullptr) {
    return DamagedFile("it is a zip archive whose directory contradicts it");
  }
  ZipArchive archive(opened, file.size());
  RETURN_IF_ERROR(archive.ReadDirectory());
  return archive;
}

absl::Status ZipArchive::ReadDirectory() {
  const auto count = static_cast<uint64_t>(zip_get_num_entries(zip_.get(), 0));
  records_.reserve(count);
  for (uint64_t index = 0; index < count; ++index) {
    zip_stat_t entry;
    if (zip_stat_index(zip_.get(), index, ZIP_FL_ENC_RAW, &entry) != 0) {
      return DamagedFile("it is a zip archive with an entry without a name");
    }
    ASSIGN_OR_RETURN(ZipRecord record, ToRecord(entry));
    by_name_.emplace(record.name, records_.size());
    records_.push_back(std::move(record));
  }
  return absl::OkStatus();
}

const ZipRecord* ZipArchive::Find(absl::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &records_[found->second];
}

std::vector<const ZipRecord*> ZipArchive::FindAll(
    absl::string_view prefix, absl::string_view suffix) const {
  std::vector<const ZipRecord*> found;
  for (const ZipRecord& record : records_) {
    if (absl::StartsWith(record.name, prefix) &&
        absl::EndsWith(record.name, suffix)) {
      found.push_back(&record);
    }
  }
  return found;
}

absl::StatusOr<std::string> ZipArchive::Read(const ZipRecord& record,
                                             uint64_t limit) const {
  if (record.size > limit) {
    return RecordFault(
        record,
        absl::StrCat("has ", record.size, " bytes; expected at most ", limit));
  }
  std::string content;
  content.reserve(record.size);
  RETURN_IF_ERROR(Stream(record, [&](absl::string_view piece) {
    content.append(piece.data(), piece.size());
  }));
  return content;
}

absl::Status ZipArchive::Stream(
    const ZipRecord& record,
    absl::FunctionRef<void(absl::string_view)> on_piece) const {
  const std::unique_ptr<zip_file_t, CloseRecord> file(
      zip_fopen_index(zip_.get(), record.index, 0));
  if (file == nullptr) return RecordFault(record, "cannot be read");
  std::vector<char> piece(kPiece);
  uint64_t done = 0;
  zip_int64_t got = 0;
  while ((got = zip_fread(file.get(), piece.data(), piece.size())) > 0) {
    done += static_cast<uint64_t>(got);
    on_piece(absl::string_view(piece.data(), static_cast<size_t>(got)));
  }
  // The library compares the checksum when it comes to the end.
  if (got < 0) {
    return RecordFault(record,
                       "does not match its checksum (CRC-32): its bytes are "
                       "not those that were written");
  }
  if (done == record.size) return absl::OkStatus();
  return RecordFault(record, absl::StrCat("has ", done,
                                          " bytes; its entry "
                                          "says ",
                                          record.size));
}

}  // namespace sconce

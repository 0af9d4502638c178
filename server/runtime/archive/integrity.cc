#include "server/runtime/archive/integrity.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/runtime/archive/archive_kind.h"
#include "server/runtime/archive/pickle.h"
#include "server/runtime/archive/tensor_claims.h"

namespace sconce {
namespace {

absl::string_view TopFolder(const ZipRecord& record) {
  return absl::string_view(record.full_name)
      .substr(0, record.full_name.size() - record.name.size());
}

// LibTorch looks into the folder of the first record, and does not tell
// capitals from small letters.
absl::Status CheckNames(const ZipArchive& archive) {
  std::set<std::string> names;
  for (const ZipRecord& record : archive.records()) {
    if (TopFolder(record) != TopFolder(archive.records().front())) {
      return DamagedFile(absl::StrCat("record '", record.full_name,
                                      "' lies in another folder than the "
                                      "first record"));
    }
    if (!names.insert(absl::AsciiStrToLower(record.name)).second) {
      return DamagedFile(
          absl::StrCat("two records are called '", record.name, "'"));
    }
  }
  return absl::OkStatus();
}

// An entry that says more than the file holds, and entries that share bytes,
// would let a small file take hours to read.
absl::Status CheckSizes(const ZipArchive& archive) {
  uint64_t stored = 0;
  uint64_t inflated = 0;
  for (const ZipRecord& record : archive.records()) {
    if (!record.is_compressed && record.size != record.stored_size) {
      return DamagedFile(absl::StrCat("record '", record.name, "' has ",
                                      record.stored_size,
                                      " bytes; its entry says ", record.size));
    }
    // Each step stays far below the end of the type.
    stored += std::min(record.stored_size, archive.file_size() + 1);
    if (record.is_compressed) {
      inflated += std::min(record.size, kMaxInflated + 1);
    }
  }
  if (stored > archive.file_size()) {
    return DamagedFile("its records take more bytes than the file has");
  }
  if (inflated <= kMaxInflated) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "the model file has compressed records of more than ", kMaxInflated,
      " bytes; torch.jit.save does not compress tensors: export the model "
      "again, or pack the archive without compression"));
}

absl::Status CheckChecksums(const ZipArchive& archive) {
  for (const ZipRecord& record : archive.records()) {
    RETURN_IF_ERROR(archive.Stream(record, [](absl::string_view) {}));
  }
  return absl::OkStatus();
}

absl::Status InRecord(absl::string_view name, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(),
                      absl::StrCat(name, ": ", status.message()));
}

// `storages` is the folder with the records of its storages; empty where they
// are not read.
absl::Status CheckPickle(const ZipArchive& archive, const ZipRecord& record,
                         absl::string_view storages) {
  ASSIGN_OR_RETURN(const std::string bytes, archive.Read(record, kMaxPickle));
  ASSIGN_OR_RETURN(const Pickle pickle, Pickle::Read(bytes));
  RETURN_IF_ERROR(pickle.CheckDepth(kMaxPickleDepth));
  if (storages.empty()) return absl::OkStatus();
  return CheckTensorClaims(
      pickle, [&](absl::string_view key) -> std::optional<uint64_t> {
        const ZipRecord* const data = archive.Find(absl::StrCat(storages, key));
        if (data == nullptr) return std::nullopt;
        return data->size;
      });
}

absl::Status CheckPickles(const ZipArchive& archive) {
  // The examples of a trace are read as shapes only; their records are empty.
  constexpr absl::string_view kPickles[][2] = {
      {"data.pkl", "data/"},
      {"constants.pkl", "constants/"},
      {"attributes.pkl", "attributes/"},
      {"traced_inputs.pkl", ""},
  };
  for (const auto& [name, storages] : kPickles) {
    const ZipRecord* const record = archive.Find(name);
    if (record == nullptr) continue;
    RETURN_IF_ERROR(InRecord(name, CheckPickle(archive, *record, storages)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckIntegrity(const ZipArchive& archive) {
  RETURN_IF_ERROR(CheckNames(archive));
  RETURN_IF_ERROR(CheckSizes(archive));
  RETURN_IF_ERROR(CheckPickles(archive));
  return CheckChecksums(archive);
}

}  // namespace sconce

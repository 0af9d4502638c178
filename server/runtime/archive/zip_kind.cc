#include "server/runtime/archive/zip_kind.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/runtime/archive/saved_value.h"

namespace sconce {
namespace {

constexpr int kNewestFormat = 10;  // that LibTorch 2.11 reads
constexpr uint64_t kShortText = 64;
// Of the pickle that is read to name a file of torch.save.
constexpr uint64_t kLongestPickle = 64 << 20;

RecognizedFile Damaged(absl::string_view fault) {
  return {ArchiveKind::kDamaged, absl::StrCat("a zip archive, but ", fault)};
}

RecognizedFile RecognizePt2(const ZipArchive& archive) {
  if (!archive.FindAll("data/aotinductor/", ".so").empty()) {
    return {ArchiveKind::kAotInductor,
            "an AOTInductor package: a model compiled to a library, which is "
            "not served yet"};
  }
  if (!archive.FindAll("models/", ".json").empty()) {
    return {ArchiveKind::kExportedProgram,
            "a program of torch.export (.pt2), which is not served yet"};
  }
  return Damaged("it is a .pt2 package without a model");
}

RecognizedFile RecognizeTorchScript(const ZipArchive& archive) {
  if (archive.FindAll("code/", "").empty()) {
    return Damaged("it has constants.pkl but no code");
  }
  if (archive.Find("data.pkl") == nullptr) {
    return Damaged("it has constants.pkl but no data.pkl");
  }
  if (archive.Find("bytecode.pkl") != nullptr) {
    return {ArchiveKind::kTorchScriptMobile,
            "a TorchScript archive for mobile (.ptl); its bytecode is ignored"};
  }
  return {ArchiveKind::kTorchScript, "a TorchScript archive"};
}

RecognizedFile RecognizeSaved(const ZipArchive& archive) {
  const absl::StatusOr<std::string> bytes =
      archive.Read(*archive.Find("data.pkl"), kLongestPickle);
  if (!bytes.ok()) return Damaged("its data.pkl cannot be read");
  const absl::StatusOr<Pickle> pickle = Pickle::Read(*bytes);
  if (!pickle.ok()) return Damaged("its data.pkl is no pickle");
  return RecognizeSavedValue(*pickle);
}

RecognizedFile RecognizeOther(const ZipArchive& archive) {
  if (archive.records().empty()) {
    return {ArchiveKind::kOther, "an empty zip archive"};
  }
  if (archive.Find("MANIFEST.json") != nullptr) {
    return {ArchiveKind::kOther,
            "a TorchServe archive (.mar); unzip it and check the model file "
            "inside"};
  }
  if (archive.Find("[Content_Types].xml") != nullptr) {
    return {ArchiveKind::kOther, "an Office document"};
  }
  if (archive.FindAll("", ".npy").size() == archive.records().size()) {
    return {ArchiveKind::kOther, "NumPy arrays (.npz)"};
  }
  return {ArchiveKind::kOther, "a zip archive that is no model"};
}

}  // namespace

RecognizedFile RecognizeZip(const ZipArchive& archive) {
  const auto has = [&](absl::string_view n) {
    return archive.Find(n) != nullptr;
  };
  if (has("archive_format")) return RecognizePt2(archive);
  if (has("serialized_exported_program.json")) {
    return {ArchiveKind::kExportedProgram,
            "a program of torch.export in the format of PyTorch 2.1 to 2.7, "
            "which is not served"};
  }
  if (has("constants.pkl")) return RecognizeTorchScript(archive);
  if (has(".data/extern_modules")) {
    return {ArchiveKind::kTorchPackage,
            "a torch.package archive: pickles with their Python code"};
  }
  if (has("data.pkl")) return RecognizeSaved(archive);
  if (has("model.json") && !archive.FindAll("code/", "").empty()) {
    return {ArchiveKind::kTorchScriptLegacy,
            "a TorchScript archive in the format of PyTorch 1.0 to 1.3 "
            "(model.json), which LibTorch no longer reads"};
  }
  return RecognizeOther(archive);
}

absl::Status CheckFormatVersion(const ZipArchive& archive) {
  const ZipRecord* record = archive.Find(".data/version");
  if (record == nullptr) record = archive.Find("version");
  if (record == nullptr) return DamagedFile("it has no version record");
  ASSIGN_OR_RETURN(const std::string text, archive.Read(*record, kShortText));
  int version = 0;
  if (!absl::SimpleAtoi(absl::StripAsciiWhitespace(text), &version)) {
    return DamagedFile("its version record is no number");
  }
  if (version <= kNewestFormat) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "the model file is a TorchScript archive of format version ", version,
      ", newer than ", kNewestFormat,
      ", the newest that the server reads; export the model with PyTorch 2.11 "
      "or serve it with a newer server"));
}

}  // namespace sconce

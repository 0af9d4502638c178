// ArchiveKind: what a model file turned out to be, whatever its name says.
#ifndef SERVER_RUNTIME_ARCHIVE_ARCHIVE_KIND_H_
#define SERVER_RUNTIME_ARCHIVE_ARCHIVE_KIND_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sconce {

// The kinds of `sconce check`, which is the same in Python.
enum class ArchiveKind {
  kTorchScript,
  kTorchScriptMobile,
  kTorchScriptLegacy,
  kTorchScriptFlatbuffer,
  kStateDict,
  kCheckpoint,
  kModule,
  kTensors,
  kPickle,
  kExportedProgram,
  kAotInductor,
  kTorchPackage,
  kOnnx,
  kSafetensors,
  kDamaged,
  kEmpty,
  kDirectory,
  kOther,
};

// A kind with the words for this file: "a checkpoint of a training run; the
// weights are under ['model']".
struct RecognizedFile {
  ArchiveKind kind = ArchiveKind::kOther;
  std::string title;
};

// The name in `sconce check --json`. The result lives forever.
absl::string_view ArchiveKindName(ArchiveKind kind);

// Whether torch::jit::load may see such a file.
bool IsTorchScript(ArchiveKind kind);

// INVALID_ARGUMENT with what the file is and what to do instead, fit for a
// client.
absl::Status RefuseFile(const RecognizedFile& file);

// INVALID_ARGUMENT for a file that contradicts itself; `fault` says where.
absl::Status DamagedFile(absl::string_view fault);

}  // namespace sconce

#endif  // SERVER_RUNTIME_ARCHIVE_ARCHIVE_KIND_H_

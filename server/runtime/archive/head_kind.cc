#include "server/runtime/archive/head_kind.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "server/runtime/archive/foreign_kind.h"
#include "server/runtime/archive/little_endian.h"
#include "server/runtime/archive/onnx_model.h"
#include "server/runtime/archive/pickle.h"
#include "server/runtime/archive/saved_value.h"

namespace sconce {
namespace {

constexpr size_t kHead = 512;
// The pickle that names a file; the tensors' bytes lie behind it. Both are
// enough for some 10,000 tensors, and soon over where somebody means harm.
constexpr size_t kPickleWindow = 4 << 20;
constexpr size_t kPickleValues = 100'000;
constexpr absl::string_view kMagicPickle("\x80\x02\x8a\x0al\xfc\x9c\x46\xf9",
                                         9);

bool IsSafetensors(absl::string_view head, uint64_t size) {
  if (head.size() < 9 || head[8] != '{') return false;
  const uint64_t header = LittleEndian(head, 0, 8);
  return header >= 2 && header < (uint64_t{1} << 40) && size >= 8;
}

// Four pickles: a number, the protocol, the system, and what was saved.
RecognizedFile RecognizeLegacy(const ModelFile& file) {
  const std::string window = file.Read(0, kPickleWindow);
  absl::string_view rest = window;
  for (int skipped = 0; skipped < 3; ++skipped) {
    const absl::StatusOr<Pickle> pickle = Pickle::Read(rest, kPickleValues);
    if (!pickle.ok()) break;
    rest.remove_prefix(pickle->length());
  }
  const absl::StatusOr<Pickle> saved = Pickle::Read(rest, kPickleValues);
  if (!saved.ok()) {
    return {ArchiveKind::kDamaged,
            "a file of torch.save before 1.6 (pickle), but it is cut short or "
            "damaged"};
  }
  return RecognizeSavedValue(*saved);
}

RecognizedFile RecognizePickle(const ModelFile& file) {
  const std::string window = file.Read(0, kPickleWindow);
  const absl::StatusOr<Pickle> pickle = Pickle::Read(window, kPickleValues);
  if (!pickle.ok()) {
    return {ArchiveKind::kPickle, "a pickle that torch.save did not write"};
  }
  RecognizedFile found = RecognizeSavedValue(*pickle);
  if (found.kind != ArchiveKind::kModule) found.kind = ArchiveKind::kPickle;
  absl::StrAppend(&found.title, " (a plain pickle, not of torch.save)");
  return found;
}

// torch.save before 0.1.10 wrote the members sys_info, pickle, tensors,
// storages, in an order of its own.
RecognizedFile RecognizeTar(absl::string_view head) {
  const std::string first(head.substr(0, head.find('\0')));
  if (first == "sys_info" || first == "pickle" || first == "storages" ||
      first == "tensors") {
    return {ArchiveKind::kStateDict,
            "a state_dict: weights without the code of the model (torch.save "
            "before "
            "0.1.10, a tar file)"};
  }
  return {ArchiveKind::kOther,
          "a tar file that is no model; unpack it and check what is inside"};
}

}  // namespace

RecognizedFile RecognizeHead(const ModelFile& file) {
  const std::string bytes = file.Read(0, kHead);
  const absl::string_view head = bytes;
  if (head.empty()) return {ArchiveKind::kEmpty, "empty: 0 bytes"};
  if (absl::StartsWith(head, kMagicPickle)) return RecognizeLegacy(file);
  if (head.size() >= 8 && head.substr(4, 4) == "PTMF") {
    return {ArchiveKind::kTorchScriptFlatbuffer,
            "a TorchScript model for mobile in flatbuffer format (.ff), which "
            "is not served"};
  }
  if (head.size() > 262 && head.substr(257, 5) == "ustar") {
    return RecognizeTar(head);
  }
  if (IsSafetensors(head, file.size())) {
    return {ArchiveKind::kSafetensors,
            "safetensors: weights without the code of the model"};
  }
  if (head.size() > 1 && head[0] == '\x80' && head[1] >= 2 && head[1] <= 5) {
    return RecognizePickle(file);
  }
  if (IsOnnxModel(file)) {
    return {ArchiveKind::kOnnx, "an ONNX model, which is not served yet"};
  }
  return RecognizeForeign(head);
}

}  // namespace sconce

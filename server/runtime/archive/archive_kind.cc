#include "server/runtime/archive/archive_kind.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace sconce {
namespace {

constexpr char kAgain[] =
    "copy it again from where it came, or export the model again";
constexpr char kWeights[] =
    "weights alone cannot be served: load them into your module and export "
    "that with `sconce export`; `sconce check` on the file prints how";
constexpr char kModule[] =
    "a pickled module needs its Python code and cannot be served: export it "
    "with `sconce export`; `sconce check` on the file prints how";
constexpr char kExportModule[] =
    "export the PyTorch module it was made of with `sconce export`";
constexpr char kNoWeights[] = "export the model that made it, not its data";
constexpr char kNoModel[] = "export a PyTorch model with `sconce export`";
constexpr char kFolder[] =
    "name a file in it, as <model>, <version>, model.pt, or serve the folder "
    "as a repository";

struct Row {
  ArchiveKind kind;
  absl::string_view name;
  absl::string_view remedy;
};

constexpr Row kRows[] = {
    {ArchiveKind::kTorchScript, "torchscript", kAgain},
    {ArchiveKind::kTorchScriptMobile, "torchscript_mobile", kAgain},
    {ArchiveKind::kTorchScriptLegacy, "torchscript_legacy", kExportModule},
    {ArchiveKind::kTorchScriptFlatbuffer, "torchscript_flatbuffer",
     kExportModule},
    {ArchiveKind::kStateDict, "state_dict", kWeights},
    {ArchiveKind::kCheckpoint, "checkpoint", kWeights},
    {ArchiveKind::kModule, "module", kModule},
    {ArchiveKind::kTensors, "tensors", kNoWeights},
    {ArchiveKind::kPickle, "pickle", kNoModel},
    {ArchiveKind::kExportedProgram, "exported_program",
     "write torch.export.load(...).module() as TorchScript with `sconce "
     "export`"},
    {ArchiveKind::kAotInductor, "aot_inductor", kExportModule},
    {ArchiveKind::kTorchPackage, "torch_package",
     "load it with torch.package.PackageImporter and export the module with "
     "`sconce export`"},
    {ArchiveKind::kOnnx, "onnx", kExportModule},
    {ArchiveKind::kSafetensors, "safetensors", kWeights},
    {ArchiveKind::kDamaged, "damaged", kAgain},
    {ArchiveKind::kEmpty, "empty", kAgain},
    {ArchiveKind::kDirectory, "directory", kFolder},
    {ArchiveKind::kOther, "other", kNoModel},
};

const Row& RowOf(ArchiveKind kind) {
  return *std::find_if(std::begin(kRows), std::end(kRows),
                       [kind](const Row& row) { return row.kind == kind; });
}

}  // namespace

absl::string_view ArchiveKindName(ArchiveKind kind) { return RowOf(kind).name; }

bool IsTorchScript(ArchiveKind kind) {
  return kind == ArchiveKind::kTorchScript ||
         kind == ArchiveKind::kTorchScriptMobile;
}

absl::Status RefuseFile(const RecognizedFile& file) {
  return absl::InvalidArgumentError(
      absl::StrCat("the model file is ", file.title,
                   "; expected a TorchScript archive of torch.jit.save; ",
                   RowOf(file.kind).remedy));
}

absl::Status DamagedFile(absl::string_view fault) {
  return absl::InvalidArgumentError(
      absl::StrCat("the model file is damaged: ", fault, "; ", kAgain));
}

}  // namespace sconce

#include "server/runtime/module_file.h"

#include <torch/csrc/jit/serialization/import.h>

#include "absl/strings/str_replace.h"

#include "server/runtime/torch_error.h"

namespace sconce {

absl::StatusOr<torch::jit::Module> LoadModule(const std::string& path,
                                              c10::Device device) {
  torch::jit::Module module;
  const absl::Status loaded = TorchCall([&] {
    torch::jit::ExtraFilesMap no_extra_files;
    module = torch::jit::load(path, device, no_extra_files,
                              /*load_debug_files=*/false);
  });
  if (loaded.ok()) return module;
  // LibTorch's message may hold the path, which is not a client's business.
  return absl::Status(loaded.code(), absl::StrReplaceAll(loaded.message(),
                                                         {{path, "the file"}}));
}

}  // namespace sconce

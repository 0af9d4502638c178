// LoadModule: the only place where LibTorch reads a file.
#ifndef SERVER_RUNTIME_MODULE_FILE_H_
#define SERVER_RUNTIME_MODULE_FILE_H_

#include <c10/core/Device.h>
#include <torch/csrc/jit/api/module.h>

#include <string>

#include "absl/status/statusor.h"

namespace sconce {

// The module on `device`, without debug files, which hold the exporter's paths.
// Errors are those of TorchCall() and do not name the path. LibTorch runs code
// of the model here: __setstate__ methods, and operators on constants, which it
// folds. REQUIRES: the file was proven (archive_proof.h).
absl::StatusOr<torch::jit::Module> LoadModule(const std::string& path,
                                              c10::Device device = c10::kCPU);

}  // namespace sconce

#endif  // SERVER_RUNTIME_MODULE_FILE_H_

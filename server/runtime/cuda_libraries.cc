#include "server/runtime/cuda_libraries.h"

#include <dlfcn.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace sconce {

absl::Status LoadCudaLibraries(const CudaPaths& paths) {
  if (access(paths.device_node.c_str(), F_OK) != 0) {
    return absl::NotFoundError(
        absl::StrCat("no NVIDIA device (", paths.device_node, ")"));
  }
  // Found beside libtorch_cpu.so by the binary's run path. Global, because the
  // library registers its operators with the CPU half. Never closed.
  if (dlopen(paths.library.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("there is an NVIDIA device, but ", dlerror()));
  }
  return absl::OkStatus();
}

}  // namespace sconce

#include "server/runtime/cuda_libraries.h"

#include <dlfcn.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"

namespace sconce {
namespace {

std::string BesideTheProgram(const char* name) {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored)
      .replace_filename(name);
}

// The symbol is looked for in the file's text, because loading the module
// would load CUDA's libraries, 400 MB of memory, where nothing needs them.
bool NeedsDriver(const std::string& module) {
  std::ifstream file(module, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  // A name in a symbol table ends with a zero.
  return !absl::StrContains(
      text, absl::string_view(kNeedsNoDriver, sizeof kNeedsNoDriver));
}

absl::Status Unusable(absl::string_view why) {
  return absl::FailedPreconditionError(
      absl::StrCat("there is an NVIDIA device, but ", why));
}

absl::Status LoadLibrary(const CudaPaths& paths, const std::string& module) {
  if (access(paths.device_node.c_str(), F_OK) != 0) {
    return absl::NotFoundError(
        absl::StrCat("no NVIDIA device (", paths.device_node, ")"));
  }
  // Before the library is loaded in vain.
  if (access(module.c_str(), F_OK) != 0) {
    return Unusable(
        absl::StrCat("this build is for CPUs only: there is no ", module));
  }
  // Found beside libtorch_cpu.so by the binary's run path. Global, because the
  // library registers its operators with the CPU half. Never closed.
  if (dlopen(paths.library.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    return Unusable(dlerror());
  }
  return absl::OkStatus();
}

// Never closed either.
absl::StatusOr<DeviceBackend*> LoadModule(const std::string& module) {
  void* const opened = dlopen(module.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (opened == nullptr) return Unusable(dlerror());
  auto* const entry =
      reinterpret_cast<DeviceBackendEntry>(dlsym(opened, kDeviceBackendEntry));
  if (entry == nullptr) {
    return Unusable(absl::StrCat(module, " has no ", kDeviceBackendEntry));
  }
  DeviceBackend* const backend = entry(kDeviceBackendVersion);
  if (backend == nullptr) {
    return Unusable(absl::StrCat(
        module,
        " was built for another version of the server; install both "
        "from the same build"));
  }
  if (backend->count() == 0) {
    return Unusable(absl::StrCat("none can be used: ", backend->description()));
  }
  return backend;
}

}  // namespace

absl::StatusOr<DeviceBackend*> LoadCudaBackend(const CudaPaths& paths) {
  const std::string module = paths.module.empty()
                                 ? BesideTheProgram("libsconce_cuda.so")
                                 : paths.module;
  if (NeedsDriver(module)) RETURN_IF_ERROR(LoadLibrary(paths, module));
  return LoadModule(module);
}

}  // namespace sconce

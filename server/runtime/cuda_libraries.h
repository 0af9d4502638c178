// The seam between the one binary and a GPU.
#ifndef SERVER_RUNTIME_CUDA_LIBRARIES_H_
#define SERVER_RUNTIME_CUDA_LIBRARIES_H_

#include <string>

#include "absl/status/statusor.h"

#include "server/device/device_backend.h"

namespace sconce {

// Where a GPU, LibTorch's CUDA half and our module would be; other values are
// for tests.
struct CudaPaths {
  std::string device_node = "/dev/nvidiactl";
  std::string library = "libtorch_cuda.so";
  std::string module;  // "": libsconce_cuda.so in the program's folder
};

// A module that exports a symbol of this name is loaded without a look for a
// GPU and without LibTorch's CUDA half: the one with fake devices.
inline constexpr char kNeedsNoDriver[] = "sconce_needs_no_driver";

// The binary is linked to LibTorch's CPU half only. Where the machine has a GPU
// this loads the CUDA half into the process, which registers itself, and the
// module whose devices it returns: at least one, and as long as the process
// lives. REQUIRES: called before anything asks LibTorch for devices, since it
// caches the first answer. The message of an error is one line that says why
// not. NOT_FOUND: there is no GPU. FAILED_PRECONDITION: there is one that
// cannot be used.
absl::StatusOr<DeviceBackend*> LoadCudaBackend(const CudaPaths& paths = {});

}  // namespace sconce

#endif  // SERVER_RUNTIME_CUDA_LIBRARIES_H_

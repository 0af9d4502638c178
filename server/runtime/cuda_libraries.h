// The seam between the one binary and a GPU.
#ifndef SERVER_RUNTIME_CUDA_LIBRARIES_H_
#define SERVER_RUNTIME_CUDA_LIBRARIES_H_

#include <string>

#include "absl/status/status.h"

namespace sconce {

// Where a GPU and LibTorch's CUDA half would be; other values are for tests.
struct CudaPaths {
  std::string device_node = "/dev/nvidiactl";
  std::string library = "libtorch_cuda.so";
};

// The binary is linked to LibTorch's CPU half only. Where the machine has a
// GPU, this loads the CUDA half into the process, which registers itself.
// REQUIRES: called before anything asks LibTorch for devices, since it caches
// the first answer. NOT_FOUND: there is no GPU. FAILED_PRECONDITION: there is
// one, but the library cannot be loaded; the message says why.
absl::Status LoadCudaLibraries(const CudaPaths& paths = {});

}  // namespace sconce

#endif  // SERVER_RUNTIME_CUDA_LIBRARIES_H_

// Memory of the device and page-locked memory of the host, out of LibTorch's
// caching allocators.
#ifndef SERVER_RUNTIME_CUDA_CUDA_MEMORY_H_
#define SERVER_RUNTIME_CUDA_CUDA_MEMORY_H_

#include <memory>

#include "absl/status/statusor.h"

#include "server/device/device.h"
#include "server/runtime/cuda/cuda_calls.h"

namespace sconce {

// Freeing only returns the bytes to the allocator's free list. That may be done
// because all work on them has ended by then (DeviceMemory's condition), so
// whoever gets them next, for whatever stream, finds them idle. The allocator
// asks no event and needs no record_stream. It is also why a lane may free:
// cudaFree, which waits for the whole device, is called by FreeCache() and when
// memory is short, cudaFreeHost never.

// Counted in LibTorch's statistics. LibTorch keeps a free list for each stream,
// and gives out at once what an operator freed whose kernel has yet to run: on
// the same stream that is in order. This memory is for all streams, so it is
// from the list of the quiet one, where nobody else gets or frees any. (The
// default stream would not do: models are loaded on it.)
absl::StatusOr<std::unique_ptr<DeviceMemory>> AllocateOnDevice(CudaCalls* calls,
                                                               size_t bytes);

// LibTorch rounds up to the next power of two. New memory is expensive
// (cudaHostAlloc waits for the device), memory that was used before is not.
absl::StatusOr<std::unique_ptr<DeviceMemory>> AllocatePageLocked(
    CudaCalls* calls, size_t bytes);

}  // namespace sconce

#endif  // SERVER_RUNTIME_CUDA_CUDA_MEMORY_H_

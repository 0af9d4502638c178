#include "server/runtime/cuda/cuda_stream_pool.h"

#include <optional>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"

namespace sconce {
namespace {

constexpr int kStreams = 32;  // of each priority, c10/cuda/CUDAStream.h

}  // namespace

absl::StatusOr<c10::cuda::CUDAStream> CudaStreamPool::Take(
    StreamPriority priority) {
  {
    MutexLock lock(&mu_);
    Streams& streams = of(priority);
    if (!streams.idle.empty()) {
      const c10::cuda::CUDAStream stream = streams.idle.back();
      streams.idle.pop_back();
      return stream;
    }
    if (streams.made == kStreams) {
      return absl::ResourceExhaustedError(
          absl::StrCat("device '", calls_->name(), "' has ", kStreams,
                       " streams of each priority and all are in use; fewer "
                       "lanes on the device need fewer"));
    }
    ++streams.made;
  }
  return Make(priority);
}

absl::StatusOr<c10::cuda::CUDAStream> CudaStreamPool::Make(
    StreamPriority priority) {
  std::optional<c10::cuda::CUDAStream> stream;
  RETURN_IF_ERROR(calls_->Call([&] {
    // Not an int: there is an overload whose numbers mean something else.
    const bool high = priority == StreamPriority::kHigh;
    stream = c10::cuda::getStreamFromPool(high, calls_->index());
    return cudaSuccess;
  }));
  return *stream;
}

void CudaStreamPool::GiveBack(StreamPriority priority,
                              c10::cuda::CUDAStream stream) {
  MutexLock lock(&mu_);
  of(priority).idle.push_back(stream);
}

}  // namespace sconce

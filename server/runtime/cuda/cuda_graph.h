// CudaGraph: a CUDA graph, recorded and repeated through LibTorch.
#ifndef SERVER_RUNTIME_CUDA_CUDA_GRAPH_H_
#define SERVER_RUNTIME_CUDA_CUDA_GRAPH_H_

#include <ATen/core/Generator.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAStream.h>

#include <cstdint>
#include <memory>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "server/base/mutex.h"
#include "server/device/device.h"
#include "server/runtime/cuda/cuda_calls.h"

namespace sconce {

// Held while a graph is recorded, and for what must not happen meanwhile: to
// wait for a device of which a stream is being recorded is an error, and makes
// the recording one.
Mutex* RecordingTurn();

// Its memory is a private pool of LibTorch's allocator, which counts the graphs
// that use it. Replay() by one thread at a time.
class CudaGraph : public DeviceGraph {
 public:
  // `calls` is borrowed and outlives the graph; `beside` as Device::Record().
  // Takes RecordingTurn(). Random numbers cannot be recorded; other streams may
  // use them meanwhile.
  static absl::StatusOr<std::unique_ptr<CudaGraph>> Record(
      CudaCalls* calls, c10::cuda::CUDAStream stream, const CudaGraph* beside,
      absl::FunctionRef<absl::Status()> body);
  ~CudaGraph() override;

  absl::Status Replay(DeviceStream* stream) override;
  int64_t memory() const override;

 private:
  // Sees what LibTorch's class keeps for itself.
  class Recording : public at::cuda::CUDAGraph {
   public:
    bool ended() const { return capture_ended_; }
    // In a new pool for {0, 0}. REQUIRES: the device is current.
    void Begin(c10::MempoolId_t pool);
    // What capture_end() leaves undone when it throws.
    void Abandon();

   private:
    void LeaveGenerator(at::Generator* generator);
  };

  explicit CudaGraph(CudaCalls* calls) : calls_(calls) {}
  void RecordBody(c10::MempoolId_t pool, absl::FunctionRef<absl::Status()> body,
                  absl::Status* done);

  CudaCalls* const calls_;
  // Made with the device current; gone when it is.
  std::unique_ptr<Recording> recording_;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_CUDA_CUDA_GRAPH_H_

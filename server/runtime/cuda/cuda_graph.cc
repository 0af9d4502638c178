#include "server/runtime/cuda/cuda_graph.h"

#include <ATen/core/CachingHostAllocator.h>
#include <ATen/cuda/CUDAGeneratorImpl.h>
#include <c10/core/StreamGuard.h>
#include <c10/cuda/CUDACachingAllocator.h>

#include <exception>
#include <mutex>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"

#include "server/base/status_macros.h"
#include "server/runtime/cuda/cuda_stream.h"

namespace sconce {
namespace {

void Ignoring(absl::FunctionRef<void()> step) {
  try {
    step();
  } catch (const std::exception&) {
    // Was not begun, or is done already.
  }
}

// LibTorch's words for it are "Attempt to increase offset for a CUDA generator
// not in capture mode".
absl::Status NamingRandomNumbers(absl::Status failed) {
  if (!absl::StrContains(failed.message(), "CUDA generator")) return failed;
  return absl::UnimplementedError(
      "it uses random numbers, which cannot be recorded");
}

}  // namespace

Mutex* RecordingTurn() {
  static auto* const mu = new Mutex;
  return mu;
}

// LibTorch has one random generator for each device and gives it to the
// recording, so that from begin to end it fails for everybody else. It is taken
// back under the lock that all its users hold, before anybody sees it. Then it
// fails for the recorded operators, whose numbers no comparison could bear out.
void CudaGraph::Recording::Begin(c10::MempoolId_t pool) {
  at::Generator generator = at::cuda::detail::getDefaultCUDAGenerator();
  const std::lock_guard<std::mutex> lock(generator.mutex());
  const absl::Cleanup leave = [&] { LeaveGenerator(&generator); };
  // Not global, which would forbid cudaMalloc to all other threads.
  capture_begin(pool, cudaStreamCaptureModeThreadLocal);
}

void CudaGraph::Recording::LeaveGenerator(at::Generator* generator) {
  for (auto& [state, increment] : captured_generator_states_) {
    state->capturing_ = false;
    Ignoring([&] {
      generator->get<at::CUDAGeneratorImpl>()->unregister_graph(this);
    });
  }
  captured_generator_states_.clear();
}

// capture_end() ends the stream's recording first and throws when it was
// invalid. Then both allocators still take the recording for running, and its
// use of the pool is never given back. The last use frees the pool, so one that
// is shared stays for the others.
void CudaGraph::Recording::Abandon() {
  namespace allocator = c10::cuda::CUDACachingAllocator;
  if (capture_dev_ == UNDEFINED_DEVICE) return;  // was not begun
  at::HostAllocator* const host = at::getHostAllocator(c10::kCUDA);
  Ignoring([&] { allocator::endAllocateToPool(capture_dev_, mempool_id_); });
  Ignoring([&] { allocator::releasePool(capture_dev_, mempool_id_); });
  Ignoring([&] { host->end_allocate_to_pool(mempool_id_); });
  Ignoring([&] { host->release_pool(mempool_id_); });
}

absl::StatusOr<std::unique_ptr<CudaGraph>> CudaGraph::Record(
    CudaCalls* calls, c10::cuda::CUDAStream stream, const CudaGraph* beside,
    absl::FunctionRef<absl::Status()> body) {
  MutexLock lock(RecordingTurn());
  auto graph = std::unique_ptr<CudaGraph>(new CudaGraph(calls));
  absl::Status done;
  RETURN_IF_ERROR(calls->Call([&] {
    const c10::StreamGuard guard(stream.unwrap());
    const c10::MempoolId_t pool =
        beside == nullptr ? c10::MempoolId_t() : beside->recording_->pool();
    graph->RecordBody(pool, body, &done);
    return cudaSuccess;
  }));
  if (!done.ok()) return calls->Explain(NamingRandomNumbers(std::move(done)));
  return graph;
}

// Whatever happens, the stream is out of its recording afterwards.
void CudaGraph::RecordBody(c10::MempoolId_t pool,
                           absl::FunctionRef<absl::Status()> body,
                           absl::Status* done) {
  recording_ = std::make_unique<Recording>();
  std::exception_ptr thrown;
  try {
    recording_->Begin(pool);
    *done = body();
  } catch (...) {
    thrown = std::current_exception();
  }
  try {
    recording_->capture_end();
  } catch (...) {
    if (thrown == nullptr) thrown = std::current_exception();
  }
  (void)cudaGetLastError();
  if (!recording_->ended()) recording_->Abandon();
  // What `body` says names the operator that cannot be recorded.
  if (!done->ok()) return;
  if (thrown != nullptr) std::rethrow_exception(thrown);
}

CudaGraph::~CudaGraph() {
  calls_
      ->Call([this] {
        recording_.reset();
        return cudaSuccess;
      })
      .IgnoreError();
}

absl::Status CudaGraph::Replay(DeviceStream* stream) {
  return calls_->Call([&] {
    const c10::StreamGuard guard(
        static_cast<CudaStream*>(stream)->stream().unwrap());
    recording_->replay();
    return cudaSuccess;
  });
}

int64_t CudaGraph::memory() const {
  size_t bytes = 0;
  // A device that has failed keeps nothing that anybody could count.
  calls_
      ->Call([&] {
        const auto pool = c10::cuda::CUDACachingAllocator::snapshot(
            recording_->pool(), /*include_traces=*/false);
        for (const auto& segment : pool.segments) bytes += segment.total_size;
        return cudaSuccess;
      })
      .IgnoreError();
  return static_cast<int64_t>(bytes);
}

}  // namespace sconce

#include "tests/unit/runtime/cuda/fake_cudart.h"

#include <cuda_runtime_api.h>

#include <cstdlib>
#include <cstring>
#include <utility>

namespace sconce {
namespace {

FakeCudart g_cudart;

cudaError_t Done(int code = cudaSuccess) {
  if (g_cudart.sticky != 0) code = g_cudart.sticky;
  if (code != cudaSuccess) g_cudart.last_error = code;
  return static_cast<cudaError_t>(code);
}

template <typename Handle>
cudaError_t Make(Handle* handle, int* count) {
  static char made[4096];
  static size_t next = 0;
  *handle = reinterpret_cast<Handle>(&made[next++ % sizeof made]);
  ++*count;
  return Done();
}

cudaError_t Allocate(void** memory, size_t bytes) {
  constexpr size_t kAlignment = 512;
  *memory = nullptr;
  if (bytes > FakeCudart::kMemory) return Done(cudaErrorMemoryAllocation);
  *memory = std::aligned_alloc(
      kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment);
  return Done();
}

cudaError_t Free(void* memory) {
  ++g_cudart.frees;
  std::free(memory);
  return Done();
}

cudaStreamCaptureStatus StatusOf(const FakeCudart::Recording& recording) {
  if (!recording.on) return cudaStreamCaptureStatusNone;
  return recording.invalid ? cudaStreamCaptureStatusInvalidated
                           : cudaStreamCaptureStatusActive;
}

}  // namespace

FakeCudart* TheCudart() { return &g_cudart; }

}  // namespace sconce

using sconce::Done;
using sconce::FakeCudart;
using sconce::g_cudart;

extern "C" {

cudaError_t cudaGetLastError() {
  return static_cast<cudaError_t>(std::exchange(g_cudart.last_error, 0));
}

cudaError_t cudaPeekAtLastError() {
  return static_cast<cudaError_t>(g_cudart.last_error);
}

const char* cudaGetErrorString(cudaError_t code) {
  return code == cudaErrorIllegalAddress
             ? "an illegal memory access was encountered"
         : code == cudaErrorStreamCaptureUnsupported
             ? "operation not permitted when stream is capturing"
             : "another error";
}

// Devices.

cudaError_t cudaGetDeviceCount(int* count) {
  *count = FakeCudart::kDevices;
  return Done();
}

cudaError_t cudaGetDevice(int* device) {
  *device = g_cudart.device;
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) {
  g_cudart.device = device;
  return Done();
}

cudaError_t cudaDriverGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  std::memset(properties, 0, sizeof *properties);
  std::strcpy(properties->name, "fake");
  properties->major = 9;
  properties->totalGlobalMem = FakeCudart::kMemory;
  properties->multiProcessorCount = 1;
  properties->maxThreadsPerMultiProcessor = 2048;
  return Done();
}

cudaError_t cudaDeviceCanAccessPeer(int* can, int, int) {
  *can = 0;
  return Done();
}

cudaError_t cudaDeviceGetPCIBusId(char* id, int length, int device) {
  if (device >= FakeCudart::kDevices) return Done(cudaErrorInvalidDevice);
  std::strncpy(id, "0000:01:00.0", length);
  return Done();
}

cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
  *least = 0;
  *greatest = -5;
  return Done();
}

cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  *free = *total = FakeCudart::kMemory;
  return Done();
}

cudaError_t cudaDeviceSynchronize() {
  ++g_cudart.waits;
  for (auto& [stream, recording] : g_cudart.recordings) {
    if (!recording.on) continue;
    recording.invalid = true;
    return Done(cudaErrorStreamCaptureUnsupported);
  }
  return Done();
}

// Memory.

cudaError_t cudaMalloc(void** memory, size_t bytes) {
  g_cudart.allocated_on = g_cudart.device;
  return sconce::Allocate(memory, bytes);
}

cudaError_t cudaHostAlloc(void** memory, size_t bytes, unsigned /*flags*/) {
  ++g_cudart.host_allocations;
  return sconce::Allocate(memory, bytes);
}

cudaError_t cudaFree(void* memory) { return sconce::Free(memory); }
cudaError_t cudaFreeHost(void* memory) { return sconce::Free(memory); }

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes,
                            cudaMemcpyKind, cudaStream_t) {
  if (g_cudart.sticky == 0) std::memcpy(to, from, bytes);
  return Done();
}

// Streams and events.

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  return sconce::Make(stream, &g_cudart.streams);
}

cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned, int) {
  return sconce::Make(stream, &g_cudart.streams);
}

cudaError_t cudaStreamDestroy(cudaStream_t) {
  --g_cudart.streams;
  return Done();
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  ++g_cudart.waits;
  FakeCudart::Recording& recording = g_cudart.recordings[stream];
  if (!recording.on) return Done();
  recording.invalid = true;
  return Done(cudaErrorStreamCaptureUnsupported);
}

cudaError_t cudaStreamWaitEvent(cudaStream_t, cudaEvent_t, unsigned) {
  return Done();
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  return sconce::Make(event, &g_cudart.events);
}

cudaError_t cudaEventDestroy(cudaEvent_t) {
  --g_cudart.events;
  return Done();
}

cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t) { return Done(); }
cudaError_t cudaEventQuery(cudaEvent_t) { return Done(g_cudart.event); }

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t,
                                 cudaEvent_t) {
  *milliseconds = 1.5f;
  return Done();
}

cudaError_t cudaEventSynchronize(cudaEvent_t) {
  ++g_cudart.waits;
  return Done();
}

// Graphs.

cudaError_t cudaStreamBeginCapture(cudaStream_t stream,
                                   cudaStreamCaptureMode mode) {
  static unsigned long long begun = 0;
  g_cudart.record_mode = mode;
  g_cudart.recordings[stream] = {.on = true, .id = ++begun};
  return Done();
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  const auto recording = std::exchange(g_cudart.recordings[stream], {});
  static char made;
  *graph = nullptr;
  if (!recording.on) return Done(cudaErrorIllegalState);
  if (recording.invalid) return Done(cudaErrorStreamCaptureInvalidated);
  *graph = reinterpret_cast<cudaGraph_t>(&made);
  return Done();
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream,
                                  cudaStreamCaptureStatus* status) {
  *status = sconce::StatusOf(g_cudart.recordings[stream]);
  return Done();
}

cudaError_t cudaStreamGetCaptureInfo(cudaStream_t stream,
                                     cudaStreamCaptureStatus* status,
                                     unsigned long long* id, cudaGraph_t*,
                                     const cudaGraphNode_t**,
                                     const cudaGraphEdgeData**, size_t*) {
  *status = sconce::StatusOf(g_cudart.recordings[stream]);
  if (id != nullptr) *id = g_cudart.recordings[stream].id;
  return Done();
}

cudaError_t cudaThreadExchangeStreamCaptureMode(cudaStreamCaptureMode*) {
  return Done();
}

cudaError_t cudaGraphGetNodes(cudaGraph_t, cudaGraphNode_t*, size_t* nodes) {
  *nodes = 1;
  return Done();
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* made, cudaGraph_t graph,
                                 unsigned long long) {
  *made = reinterpret_cast<cudaGraphExec_t>(graph);
  return Done();
}

cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t* made,
                                          cudaGraph_t graph,
                                          unsigned long long flags) {
  return cudaGraphInstantiate(made, graph, flags);
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t, cudaStream_t) {
  ++g_cudart.launches;
  return Done();
}

cudaError_t cudaGraphDestroy(cudaGraph_t) { return Done(); }
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t) { return Done(); }

}  // extern "C"

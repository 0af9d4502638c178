#include "tests/unit/runtime/cuda/calls/fake_cudart.h"

#include <c10/core/impl/FakeGuardImpl.h>

#include <utility>

namespace sconce {
namespace {

// LibTorch's own stand-in for what makes a device current.
C10_REGISTER_GUARD_IMPL(CUDA, c10::impl::FakeGuardImpl<c10::kCUDA>)

FakeCudart g_cudart;

int Done(int code) {
  if (g_cudart.sticky != 0) code = g_cudart.sticky;
  if (code != 0) g_cudart.last_error = code;
  return code;
}

template <typename Handle>
int Make(Handle* handle, int* count) {
  static int made = 0;
  *handle = &made;
  ++*count;
  return Done(0);
}

}  // namespace

FakeCudart* TheCudart() { return &g_cudart; }

}  // namespace sconce

using sconce::Done;
using sconce::g_cudart;

// As CUDA declares them but for the names of types, which C does not see.
extern "C" {

int cudaGetLastError() { return std::exchange(g_cudart.last_error, 0); }

const char* cudaGetErrorString(int code) {
  return code == 700 ? "an illegal memory access was encountered"
                     : "another error";
}

int cudaStreamCreateWithFlags(void** stream, unsigned /*flags*/) {
  return sconce::Make(stream, &g_cudart.streams);
}

int cudaStreamDestroy(void* /*stream*/) {
  --g_cudart.streams;
  return Done(0);
}

int cudaEventCreateWithFlags(void** event, unsigned /*flags*/) {
  return sconce::Make(event, &g_cudart.events);
}

int cudaEventDestroy(void* /*event*/) {
  --g_cudart.events;
  return Done(0);
}

int cudaEventRecord(void* /*event*/, void* /*stream*/) { return Done(0); }

int cudaEventQuery(void* /*event*/) { return Done(g_cudart.event); }

int cudaStreamWaitEvent(void*, void*, unsigned) { return Done(0); }

}  // extern "C"

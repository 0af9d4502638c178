// A stand-in for CUDA's run-time library on a machine without a GPU.
#ifndef TESTS_UNIT_RUNTIME_CUDA_FAKE_CUDART_H_
#define TESTS_UNIT_RUNTIME_CUDA_FAKE_CUDART_H_

#include <cstddef>
#include <map>

namespace sconce {

// Its functions, linked into a program, come before the library's for LibTorch,
// too. Memory of the device is the heap's, copies are done at once, kernels not
// at all. A stream that is being recorded refuses to be waited for, and the
// recording is then invalid, as with CUDA. For one thread.
struct FakeCudart {
  struct Recording {
    bool on = false;
    bool invalid = false;
    unsigned long long id = 0;
  };

  static constexpr int kDevices = 2;
  static constexpr size_t kMemory = size_t{1} << 30;  // of each, in bytes

  // What all work returns from now on, as a failed device does: a cudaError_t.
  int sticky = 0;
  // What cudaEventQuery() returns for a device that has not failed.
  int event = 0;
  // As CUDA keeps it for the thread: the last that was not a success.
  int last_error = 0;

  int device = 0;            // the current one
  int allocated_on = -1;     // the device of the newest cudaMalloc()
  int events = 0;            // that exist
  int streams = 0;           // the same
  int host_allocations = 0;  // page-locked, ever
  int waits = 0;             // for a stream or a device
  int frees = 0;             // of memory of the device or of the host
  int launches = 0;          // of graphs
  int record_mode = -1;      // of the newest recording
  std::map<void*, Recording> recordings;
};

FakeCudart* TheCudart();

}  // namespace sconce

#endif  // TESTS_UNIT_RUNTIME_CUDA_FAKE_CUDART_H_

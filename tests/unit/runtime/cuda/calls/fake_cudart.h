// A stand-in for CUDA's run-time library: its functions do nothing and return
// what the test says.
#ifndef TESTS_UNIT_RUNTIME_CUDA_CALLS_FAKE_CUDART_H_
#define TESTS_UNIT_RUNTIME_CUDA_CALLS_FAKE_CUDART_H_

namespace sconce {

// All are cudaError_t as numbers. For one thread.
struct FakeCudart {
  // What all work returns from now on, as a failed device does.
  int sticky = 0;
  // What cudaEventQuery() returns for a device that has not failed.
  int event = 0;
  // As CUDA keeps it for the thread: the last that was not a success.
  int last_error = 0;

  int events = 0;  // that exist
  int streams = 0;
};

FakeCudart* TheCudart();

}  // namespace sconce

#endif  // TESTS_UNIT_RUNTIME_CUDA_CALLS_FAKE_CUDART_H_

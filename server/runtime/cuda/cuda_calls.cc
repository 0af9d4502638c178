#include "server/runtime/cuda/cuda_calls.h"

#include <c10/core/DeviceGuard.h>
#include <c10/util/Exception.h>

#include <exception>
#include <new>
#include <utility>

#include "server/base/status_macros.h"
#include "server/device/device_error.h"
#include "server/runtime/cuda/error_meaning.h"

namespace sconce {
namespace {

// What error_meaning.cc writes as numbers.
static_assert(
    cudaErrorDevicesUnavailable == 46 && cudaErrorECCUncorrectable == 214 &&
    cudaErrorNvlinkUncorrectable == 220 && cudaErrorIllegalAddress == 700 &&
    cudaErrorLaunchTimeout == 702 && cudaErrorContextIsDestroyed == 709 &&
    cudaErrorAssert == 710 && cudaErrorHardwareStackError == 714 &&
    cudaErrorIllegalInstruction == 715 && cudaErrorMisalignedAddress == 716 &&
    cudaErrorInvalidAddressSpace == 717 && cudaErrorInvalidPc == 718 &&
    cudaErrorLaunchFailure == 719 && cudaErrorMpsClientTerminated == 810);

// An error that is not sticky stays as the thread's "last error", and LibTorch
// would take it for the error of its next kernel.
void ClearLastError() { (void)cudaGetLastError(); }

}  // namespace

CudaCalls::CudaCalls(int index, std::string name)
    : device_(c10::kCUDA, static_cast<c10::DeviceIndex>(index)),
      name_(std::move(name)) {}

CudaCalls::~CudaCalls() {
  Call([this] {
    if (probe_ != nullptr) (void)cudaEventDestroy(probe_);
    if (quiet_stream_ != nullptr) (void)cudaStreamDestroy(quiet_stream_);
    return cudaSuccess;
  }).IgnoreError();
}

absl::Status CudaCalls::Init() {
  return Call([this] {
    // Of its own, so that a question neither waits behind a batch nor becomes
    // part of a graph that is being recorded.
    const cudaError_t made =
        cudaStreamCreateWithFlags(&quiet_stream_, cudaStreamNonBlocking);
    if (made != cudaSuccess) return made;
    return cudaEventCreateWithFlags(&probe_, cudaEventDisableTiming);
  });
}

absl::Status CudaCalls::Call(absl::FunctionRef<cudaError_t()> body) {
  RETURN_IF_ERROR(failure());
  return Convert(body);
}

absl::Status CudaCalls::Convert(absl::FunctionRef<cudaError_t()> body) {
  try {
    const c10::DeviceGuard guard(device_);
    const cudaError_t code = body();
    return code == cudaSuccess ? absl::OkStatus() : FromCode(code);
  } catch (const c10::OutOfMemoryError& e) {
    ClearLastError();
    return Explain(DeviceOutOfMemory(name_, e.what_without_backtrace()));
  } catch (const c10::AcceleratorError& e) {
    return FromCode(static_cast<cudaError_t>(e.get_error_code()));
  } catch (const c10::Error& e) {
    ClearLastError();
    return Explain(DeviceError(name_, e.what_without_backtrace()));
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("out of memory");
  } catch (const std::exception& e) {
    ClearLastError();
    return Explain(DeviceError(name_, e.what()));
  }
}

absl::Status CudaCalls::FromCode(cudaError_t code) {
  ClearLastError();
  if (EndsDevice(code)) return Fail(cudaGetErrorString(code));
  if (code == cudaErrorMemoryAllocation) return DeviceOutOfMemory(name_, "");
  return Explain(DeviceError(name_, cudaGetErrorString(code)));
}

absl::Status CudaCalls::Check() {
  RETURN_IF_ERROR(failure());
  const cudaError_t code = Ask();
  ClearLastError();  // "not ready" is kept there, too
  // Unknown errors are of all kinds. But this is work that nothing else
  // touches: where it fails, everything does.
  if (!EndsDevice(code) && code != cudaErrorUnknown) return absl::OkStatus();
  return Fail(cudaGetErrorString(code));
}

// A query alone may be answered from memory, without a look at the device's
// state; new work is refused by a device that has failed.
cudaError_t CudaCalls::Ask() {
  if (probe_ == nullptr) return cudaSuccess;  // Init() failed before
  try {
    const c10::DeviceGuard guard(device_);
    const cudaError_t code = cudaEventRecord(probe_, quiet_stream_);
    return code == cudaSuccess ? cudaEventQuery(probe_) : code;
  } catch (const c10::AcceleratorError& e) {
    return static_cast<cudaError_t>(e.get_error_code());
  } catch (const std::exception&) {
    return cudaErrorUnknown;
  }
}

absl::Status CudaCalls::Explain(absl::Status error) {
  const absl::Status state = Check();
  return state.ok() ? std::move(error) : state;
}

absl::Status CudaCalls::Fail(absl::string_view what) {
  MutexLock lock(&mu_);
  if (failure_.ok()) failure_ = DeviceFailure(name_, what);
  failed_ = true;
  return failure_;
}

absl::Status CudaCalls::failure() const {
  if (!failed_) return absl::OkStatus();
  MutexLock lock(&mu_);
  return failure_;
}

}  // namespace sconce

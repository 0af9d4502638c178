#include "server/runtime/cuda/error_meaning.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sconce {
namespace {

// The same numbers in CUDA 12 and 13, hence no header; cuda_calls.cc checks
// them against the header's names.
constexpr int kEndsDevice[] = {
    46,   // all devices are busy or unavailable
    214,  // uncorrectable ECC error
    220,  // uncorrectable NVLink error
    226,  // an exception that the GPU contained
    700,  // illegal memory access
    702,  // a kernel ran longer than the display's watchdog allows
    709,  // the context is destroyed
    710,  // device-side assert
    714,  // hardware stack error
    715,  // illegal instruction
    716,  // misaligned address
    717,  // operation not supported on an address space
    718,  // invalid program counter
    719,  // unspecified launch failure
    721,  // leak of tensor memory
    810,  // the MPS server ended this client
};

}  // namespace

bool EndsDevice(int code) {
  return std::find(std::begin(kEndsDevice), std::end(kEndsDevice), code) !=
         std::end(kEndsDevice);
}

absl::Status DeviceOutOfMemory(absl::string_view device,
                               absl::string_view text) {
  constexpr absl::string_view kAsked = "Tried to allocate ";
  const std::string message =
      absl::StrCat("device '", device, "' is out of memory");
  const size_t at = text.find(kAsked);
  if (at == absl::string_view::npos) {
    return absl::ResourceExhaustedError(message);
  }
  text.remove_prefix(at + kAsked.size());
  return absl::ResourceExhaustedError(absl::StrCat(
      message, ": ", text.substr(0, text.find(". ")), " were asked for"));
}

absl::Status DeviceError(absl::string_view device, absl::string_view text) {
  // "… INTERNAL ASSERT FAILED at "/pytorch/…":12, please report a bug …".
  const absl::string_view shown =
      absl::StrContains(text, "INTERNAL ASSERT FAILED")
          ? "a check inside LibTorch failed"
          : text.substr(0, text.find('\n'));
  return absl::InternalError(absl::StrCat("device '", device, "': ", shown));
}

}  // namespace sconce

// NpyHeader: what the head of an .npy file says about the array behind it.
#ifndef CLIENT_LOADTEST_PAYLOAD_NPY_HEADER_H_
#define CLIENT_LOADTEST_PAYLOAD_NPY_HEADER_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "sconce/tensor_view.h"

namespace sconce::load {

struct NpyHeader {
  std::string descr;       // numpy's name of the type: "<f4"
  bool by_column = false;  // Fortran's order: the first index runs fastest
  Shape shape;
  size_t data_offset = 0;
};

// Formats 1.0, 2.0 and 3.0. INVALID_ARGUMENT says what is wrong.
absl::StatusOr<NpyHeader> ReadNpyHeader(absl::string_view file);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_PAYLOAD_NPY_HEADER_H_

// Reads arrays that numpy saved.
#ifndef CLIENT_LOADTEST_PAYLOAD_NPY_FILE_H_
#define CLIENT_LOADTEST_PAYLOAD_NPY_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "client/loadtest/payload/tensor.h"

namespace sconce::load {

// The array in the bytes of an .npy file, in either order of bytes and of
// indices. Arrays of bytes ("S") and of text ("U", sent as UTF-8) become BYTES.
// INVALID_ARGUMENT: damaged, too large for a message, or of a type that cannot
// be sent; never reads past the end, whatever the bytes are.
absl::StatusOr<Tensor> ReadNpy(absl::string_view file);

// The same from a file; errors name it. NOT_FOUND when it cannot be read.
absl::StatusOr<Tensor> ReadNpyFile(const std::string& path);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_PAYLOAD_NPY_FILE_H_

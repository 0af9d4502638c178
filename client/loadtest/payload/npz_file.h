// Reads archives of arrays that numpy saved.
#ifndef CLIENT_LOADTEST_PAYLOAD_NPZ_FILE_H_
#define CLIENT_LOADTEST_PAYLOAD_NPZ_FILE_H_

#include <string>

#include "absl/status/statusor.h"

#include "client/loadtest/payload/tensor.h"

namespace sconce::load {

// The arrays of an .npz file, stored or compressed, by their names. Errors name
// the file and the array: NOT_FOUND when it cannot be read; INVALID_ARGUMENT
// when it is no zip file, when an array is none that ReadNpy takes, or when all
// together would be larger than 8 GiB, which is known before they are unpacked.
absl::StatusOr<TensorsByName> ReadNpzFile(const std::string& path);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_PAYLOAD_NPZ_FILE_H_

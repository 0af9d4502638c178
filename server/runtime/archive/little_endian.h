// Numbers as they lie in zip files, pickles and safetensors.
#ifndef SERVER_RUNTIME_ARCHIVE_LITTLE_ENDIAN_H_
#define SERVER_RUNTIME_ARCHIVE_LITTLE_ENDIAN_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace sconce {

// The unsigned number in the `length` bytes from `position`.
// REQUIRES: length <= 8 and the bytes are there.
inline uint64_t LittleEndian(absl::string_view bytes, size_t position,
                             size_t length) {
  uint64_t number = 0;
  for (size_t i = length; i > 0; --i) {
    number = number << 8 | static_cast<unsigned char>(bytes[position + i - 1]);
  }
  return number;
}

}  // namespace sconce

#endif  // SERVER_RUNTIME_ARCHIVE_LITTLE_ENDIAN_H_

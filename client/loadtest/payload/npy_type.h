// NpyType: numpy's element types, and what they are on the wire.
#ifndef CLIENT_LOADTEST_PAYLOAD_NPY_TYPE_H_
#define CLIENT_LOADTEST_PAYLOAD_NPY_TYPE_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "sconce/data_type.h"

namespace sconce::load {

struct NpyType {
  enum class Text { kNone, kBytes, kUnicode };  // of BYTES

  DataType type = DataType::kFp32;
  Text text = Text::kNone;
  size_t item_size = 0;  // bytes in the file
  bool big_endian = false;
};

// Reads a `descr` such as "<f4". INVALID_ARGUMENT for types that the protocol
// does not have; it says which and what to do.
absl::StatusOr<NpyType> ParseNpyType(absl::string_view descr);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_PAYLOAD_NPY_TYPE_H_

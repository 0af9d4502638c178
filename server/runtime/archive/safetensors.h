// Reads tensors in the safetensors format.
#ifndef SERVER_RUNTIME_ARCHIVE_SAFETENSORS_H_
#define SERVER_RUNTIME_ARCHIVE_SAFETENSORS_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "server/tensor/data_type.h"
#include "server/tensor/shape.h"

namespace sconce {

struct SafeTensor {
  DataType type = DataType::kFp32;
  Shape shape;
  absl::string_view bytes;  // of the content that was read
};

// The tensors of `content` by name; they borrow from it. INVALID_ARGUMENT for
// what is no such file, and for types that the protocol lacks.
absl::StatusOr<std::map<std::string, SafeTensor>> ReadSafeTensors(
    absl::string_view content);

}  // namespace sconce

#endif  // SERVER_RUNTIME_ARCHIVE_SAFETENSORS_H_

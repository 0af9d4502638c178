// What a pickle claims of tensors, compared with the records that hold their
// bytes. LibTorch does not compare: a record that is too short becomes random
// weights, a tensor beyond its storage reads foreign memory.
#ifndef SERVER_RUNTIME_ARCHIVE_TENSOR_CLAIMS_H_
#define SERVER_RUNTIME_ARCHIVE_TENSOR_CLAIMS_H_

#include <cstdint>
#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "server/runtime/archive/pickle.h"

namespace sconce {

// The size of the record of a storage by its key, nothing without one.
using RecordSizeOf =
    absl::FunctionRef<std::optional<uint64_t>(absl::string_view)>;

// Checks every storage and every rebuilt tensor of `pickle`. INVALID_ARGUMENT
// names the first storage or tensor that reaches beyond its bytes, or is not
// described as torch describes it.
absl::Status CheckTensorClaims(const Pickle& pickle, RecordSizeOf record_size);

// The part of a global's text behind its module.
absl::string_view GlobalName(const PickleValue& global);

}  // namespace sconce

#endif  // SERVER_RUNTIME_ARCHIVE_TENSOR_CLAIMS_H_

// Makes one answer of the answers to consecutive rows.
#ifndef SERVER_TENSOR_JOIN_ROWS_H_
#define SERVER_TENSOR_JOIN_ROWS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "server/tensor/tensor.h"

namespace sconce {

struct RowsAnswer {
  int64_t rows = 0;  // that were asked
  std::vector<OutputTensor> outputs;
};

// The outputs of all parts, one under the other; copies them once.
// FAILED_PRECONDITION names an output that does not have one row for each row
// that was asked, or whose rows differ between parts. REQUIRES: a part.
absl::StatusOr<std::vector<OutputTensor>> JoinRows(
    absl::Span<const RowsAnswer> parts);

}  // namespace sconce

#endif  // SERVER_TENSOR_JOIN_ROWS_H_

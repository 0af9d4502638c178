#include "server/tensor/join_rows.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"

namespace sconce {
namespace {

bool HasRows(const OutputTensor& output, int64_t rows) {
  return !output.shape.empty() && output.shape[0] == rows;
}

bool RowsAreAlike(const OutputTensor& a, const OutputTensor& b) {
  return a.name == b.name && a.type == b.type &&
         a.shape.size() == b.shape.size() &&
         std::equal(a.shape.begin() + 1, a.shape.end(), b.shape.begin() + 1);
}

absl::Status CheckJoins(absl::Span<const RowsAnswer> parts, size_t index) {
  for (const RowsAnswer& part : parts) {
    const OutputTensor& output = part.outputs[index];
    if (!HasRows(output, part.rows)) {
      return absl::FailedPreconditionError(absl::StrCat(
          "output '", output.name, "' has shape ", ShapeToString(output.shape),
          " for ", part.rows, " rows, not one row for each"));
    }
    const OutputTensor& first = parts[0].outputs[index];
    if (!RowsAreAlike(first, output)) {
      return absl::FailedPreconditionError(
          absl::StrCat("output '", first.name, "' is ",
                       DataTypeName(first.type), ShapeToString(first.shape),
                       " for some rows, and for others '", output.name, "' is ",
                       DataTypeName(output.type), ShapeToString(output.shape)));
    }
  }
  return absl::OkStatus();
}

OutputTensor Join(absl::Span<const RowsAnswer> parts, size_t index) {
  OutputTensor joined = parts[0].outputs[index];
  joined.shape[0] = 0;
  size_t size = 0;
  for (const RowsAnswer& part : parts) {
    joined.shape[0] += part.rows;
    size += part.outputs[index].bytes.size();
  }
  const auto bytes = std::make_shared_for_overwrite<uint8_t[]>(size);
  uint8_t* out = bytes.get();
  for (const RowsAnswer& part : parts) {
    const absl::Span<const uint8_t> piece = part.outputs[index].bytes;
    if (!piece.empty()) std::memcpy(out, piece.data(), piece.size());
    out += piece.size();
  }
  joined.bytes = {bytes.get(), size};
  joined.owner = bytes;
  return joined;
}

}  // namespace

absl::StatusOr<std::vector<OutputTensor>> JoinRows(
    absl::Span<const RowsAnswer> parts) {
  const size_t count = parts[0].outputs.size();
  for (const RowsAnswer& part : parts) {
    if (part.outputs.size() == count) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("there are ", count, " outputs for some rows and ",
                     part.outputs.size(), " for others"));
  }
  std::vector<OutputTensor> joined;
  for (size_t i = 0; i < count; ++i) {
    RETURN_IF_ERROR(CheckJoins(parts, i));
    joined.push_back(Join(parts, i));
  }
  return joined;
}

}  // namespace sconce

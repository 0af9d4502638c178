#include "client/loadtest/payload/npy_file.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"

#include "client/loadtest/payload/npy_header.h"
#include "client/loadtest/payload/npy_text.h"
#include "client/loadtest/payload/npy_type.h"
#include "client/loadtest/payload/whole_file.h"

namespace sconce::load {
namespace {

// Items that run through the first index fastest, put so that they run through
// the last one fastest.
std::string ByRow(absl::string_view items, const Shape& shape,
                  size_t item_size) {
  std::vector<size_t> strides;  // in items
  size_t stride = 1;
  for (const int64_t size : shape) {
    strides.push_back(stride);
    stride *= static_cast<size_t>(size);
  }
  std::vector<int64_t> index(shape.size());
  std::string sorted;
  sorted.reserve(items.size());
  size_t from = 0;
  while (sorted.size() < items.size()) {
    sorted.append(items.data() + from * item_size, item_size);
    for (size_t d = shape.size(); d-- > 0;) {
      from += strides[d];
      if (++index[d] < shape[d]) break;
      from -= strides[d] * static_cast<size_t>(shape[d]);
      index[d] = 0;
    }
  }
  return sorted;
}

void SwapBytes(size_t width, std::string* bytes) {
  for (size_t at = 0; at + width <= bytes->size(); at += width) {
    const auto begin = bytes->begin() + static_cast<int64_t>(at);
    std::reverse(begin, begin + static_cast<int64_t>(width));
  }
}

// Bytes that the array has in the file.
absl::StatusOr<size_t> DataSize(const NpyHeader& header, const NpyType& type) {
  constexpr int64_t kLengthOfText = 4;
  const auto elements = ElementsOf(header.shape);
  const auto each = static_cast<int64_t>(type.item_size) +
                    (type.type == DataType::kBytes ? kLengthOfText : 0);
  if (elements && *elements <= kMaxTensorBytes / each) {
    return static_cast<size_t>(*elements) * type.item_size;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "its shape ", ShapeToString(header.shape),
      " does not fit a message, which holds ", kMaxTensorBytes, " bytes"));
}

}  // namespace

absl::StatusOr<Tensor> ReadNpy(absl::string_view file) {
  const auto header = ReadNpyHeader(file);
  if (!header.ok()) return header.status();
  const auto type = ParseNpyType(header->descr);
  if (!type.ok()) return type.status();
  const auto size = DataSize(*header, *type);
  if (!size.ok()) return size.status();
  const absl::string_view data = file.substr(header->data_offset);
  if (data.size() != *size) {
    return absl::InvalidArgumentError(absl::StrCat(
        "its header says ", *size, " bytes of data; found ", data.size()));
  }
  Tensor tensor{type->type, header->shape, {}};
  tensor.bytes = header->by_column ? ByRow(data, header->shape, type->item_size)
                                   : std::string(data);
  const bool unicode = type->text == NpyType::Text::kUnicode;
  if (type->big_endian) {
    SwapBytes(unicode ? kCodePointSize : type->item_size, &tensor.bytes);
  }
  if (type->type != DataType::kBytes) return tensor;
  auto texts = TextsToWire(tensor.bytes, type->item_size, unicode);
  if (!texts.ok()) return texts.status();
  tensor.bytes = *std::move(texts);
  return tensor;
}

absl::StatusOr<Tensor> ReadNpyFile(const std::string& path) {
  const auto file = ReadWholeFile(path);
  if (!file.ok()) return file.status();
  auto tensor = ReadNpy(*file);
  if (tensor.ok()) return tensor;
  return absl::Status(
      tensor.status().code(),
      absl::StrCat("file '", path, "': ", tensor.status().message()));
}

}  // namespace sconce::load

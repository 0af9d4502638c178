#include "server/tensor/pad_dimension.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>

#include "server/tensor/byte_cursor.h"

namespace sconce {
namespace {

using Bytes = std::vector<uint8_t>;

// The product of the sizes from dimension `begin` to before `end`.
size_t Product(const Shape& shape, size_t begin, size_t end) {
  size_t product = 1;
  for (size_t i = begin; i < end; ++i) product *= static_cast<size_t>(shape[i]);
  return product;
}

// Elements that one step in `dimension` is long.
size_t StepOf(const Shape& shape, size_t dimension) {
  return Product(shape, dimension + 1, shape.size());
}

template <typename T>
Bytes Repeat(T value, size_t count) {
  Bytes bytes(count * sizeof value);
  for (size_t i = 0; i < count; ++i) {
    std::memcpy(bytes.data() + i * sizeof value, &value, sizeof value);
  }
  return bytes;
}

template <typename T>
std::optional<Bytes> RepeatInteger(double value, size_t count) {
  // The first power of two that is too large: exact, unlike the limit itself.
  const double end = std::ldexp(1.0, std::numeric_limits<T>::digits);
  const double begin = std::is_signed_v<T> ? -end : 0;
  if (std::trunc(value) != value || value < begin || value >= end) {
    return std::nullopt;
  }
  return Repeat(static_cast<T>(value), count);
}

}  // namespace

std::optional<std::vector<uint8_t>> RepeatValue(DataType type, double value,
                                                size_t count) {
  switch (type) {
    case DataType::kBool:
      return RepeatInteger<bool>(value, count);
    case DataType::kUint8:
      return RepeatInteger<uint8_t>(value, count);
    case DataType::kUint16:
      return RepeatInteger<uint16_t>(value, count);
    case DataType::kUint32:
      return RepeatInteger<uint32_t>(value, count);
    case DataType::kUint64:
      return RepeatInteger<uint64_t>(value, count);
    case DataType::kInt8:
      return RepeatInteger<int8_t>(value, count);
    case DataType::kInt16:
      return RepeatInteger<int16_t>(value, count);
    case DataType::kInt32:
      return RepeatInteger<int32_t>(value, count);
    case DataType::kInt64:
      return RepeatInteger<int64_t>(value, count);
    case DataType::kFp32:
      return Repeat(static_cast<float>(value), count);
    case DataType::kFp64:
      return Repeat(value, count);
    case DataType::kFp16:
    case DataType::kBf16:
      if (value == 0) return Repeat(uint16_t{0}, count);
      return std::nullopt;
    case DataType::kBytes:
      break;
  }
  return std::nullopt;
}

size_t ElementsToAdd(const InputTensor& input, size_t dimension, int64_t size) {
  return static_cast<size_t>(size - input.shape[dimension]) *
         StepOf(input.shape, dimension);
}

void PadDimension(size_t dimension, int64_t size,
                  absl::Span<const uint8_t> padding, InputTensor* input) {
  const Shape& shape = input->shape;
  const size_t run = static_cast<size_t>(shape[dimension]) *
                     StepOf(shape, dimension) * ElementSize(input->type);
  ByteCursor cursor(input->bytes);
  ByteChunks padded;
  for (size_t i = Product(shape, 0, dimension); i > 0; --i) {
    cursor.Take(run, &padded);
    padded.Append(padding);
  }
  input->bytes = std::move(padded);
  input->shape[dimension] = size;
}

OutputTensor CutDimension(const OutputTensor& output, size_t dimension,
                          int64_t size) {
  OutputTensor cut = output;
  cut.shape[dimension] = size;
  const size_t runs = Product(output.shape, 0, dimension);
  const size_t step =
      StepOf(output.shape, dimension) * ElementSize(output.type);
  const size_t from = static_cast<size_t>(output.shape[dimension]) * step;
  const size_t to = static_cast<size_t>(size) * step;
  if (runs == 1) {
    cut.bytes = output.bytes.first(to);
    return cut;
  }
  const auto bytes = std::make_shared_for_overwrite<uint8_t[]>(runs * to);
  for (size_t i = 0; i < runs && to > 0; ++i) {
    std::memcpy(bytes.get() + i * to, output.bytes.data() + i * from, to);
  }
  cut.bytes = {bytes.get(), runs * to};
  cut.owner = bytes;
  return cut;
}

}  // namespace sconce

#include "client/loadtest/payload/made_up.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"

#include "client/loadtest/payload/half_float.h"

namespace sconce::load {
namespace {

template <typename T>
void Append(T value, std::string* bytes) {
  bytes->append(reinterpret_cast<const char*>(&value), sizeof value);
}

// In [0, 1) and exact in all floating types but BF16: steps of 2^-10.
float Fraction(std::mt19937_64* random) {
  return static_cast<float>((*random)() >> 54) / 1024;
}

void AppendOne(DataType type, std::mt19937_64* random, std::string* bytes) {
  switch (type) {
    case DataType::kBool:
      return Append<uint8_t>((*random)() >> 63, bytes);
    case DataType::kFp16:
      return Append(ToHalf(Fraction(random)), bytes);
    case DataType::kBf16:
      return Append(ToBfloat16(Fraction(random) / 2), bytes);
    case DataType::kFp32:
      return Append(Fraction(random), bytes);
    case DataType::kFp64:
      return Append<double>(Fraction(random), bytes);
    case DataType::kBytes: {
      const std::string word = absl::StrCat("word", (*random)() % 1000);
      Append(static_cast<uint32_t>(word.size()), bytes);
      bytes->append(word);
      return;
    }
    default: {  // an integer: little-endian, so the low byte comes first
      Append<uint8_t>((*random)() % 10, bytes);
      bytes->append(ElementSize(type) - 1, '\0');
    }
  }
}

// So many numbers are drawn, at 10 ns each; larger tensors repeat them.
constexpr int64_t kDrawn = 1 << 18;

// Makes `bytes` as long as `size` by what they begin with.
void Repeat(size_t size, std::string* bytes) {
  const size_t period = bytes->size();
  bytes->reserve(size);
  while (bytes->size() < size) {
    bytes->append(bytes->data(), std::min(period, size - bytes->size()));
  }
}

// Whether `shape` is one that `open` allows; sizes below 0 are open.
bool Fits(const Shape& shape, const Shape& open) {
  if (shape.size() != open.size()) return false;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (open[i] >= 0 && shape[i] >= 0 && open[i] != shape[i]) return false;
  }
  return true;
}

void Fill(int64_t batch, Shape* shape) {
  for (size_t i = 0; i < shape->size(); ++i) {
    if ((*shape)[i] < 0) (*shape)[i] = i == 0 ? batch : 1;
  }
}

}  // namespace

absl::StatusOr<Shape> FilledShape(const TensorDescription& input,
                                  const EntrySpec& entry) {
  Shape shape = input.shape;
  const auto given = entry.shapes.find(input.name);
  if (given != entry.shapes.end()) {
    shape.assign(given->second.begin(), given->second.end());
    // A server that knows nothing of a tensor tells an empty shape.
    if (!input.shape.empty() && !Fits(shape, input.shape)) {
      return absl::InvalidArgumentError(
          absl::StrCat("the shape ", ShapeToString(shape),
                       " that is given does not match the model's ",
                       ShapeToString(input.shape)));
    }
    for (size_t i = 0; i < input.shape.size(); ++i) {
      if (shape[i] < 0) shape[i] = input.shape[i];
    }
  } else if (!input.type && shape.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the server does not know its type and shape; give --input ",
        input.name, "=FILE.npy, or --shape ", input.name, "=… for FP32"));
  }
  Fill(entry.batch, &shape);
  return shape;
}

absl::StatusOr<Tensor> MakeUp(DataType type, const Shape& shape,
                              std::mt19937_64* random) {
  // The words are at most 11 bytes long with their lengths.
  const auto size =
      static_cast<int64_t>(type == DataType::kBytes ? 11 : ElementSize(type));
  const auto elements = ElementsOf(shape);
  if (!elements || *elements > kMaxTensorBytes / size) {
    return absl::InvalidArgumentError(absl::StrCat(
        "shape ", ShapeToString(shape), " of ", std::string(DataTypeName(type)),
        " does not fit a message, which holds ", kMaxTensorBytes,
        " bytes; give fewer rows or smaller sizes"));
  }
  Tensor tensor{type, shape, {}};
  tensor.bytes.reserve(static_cast<size_t>(*elements * size));
  const bool repeats = type != DataType::kBytes && *elements > kDrawn;
  for (int64_t i = 0; i < (repeats ? kDrawn : *elements); ++i) {
    AppendOne(type, random, &tensor.bytes);
  }
  if (repeats) Repeat(static_cast<size_t>(*elements * size), &tensor.bytes);
  return tensor;
}

}  // namespace sconce::load

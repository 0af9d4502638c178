#include "server/tensor/input_check.h"

#include <cstdint>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/tensor/strings.h"

namespace sconce {
namespace {

// Of a list of scalars; each becomes an object of the model.
constexpr int64_t kMostElements = 1'000'000;

// What a value that is no tensor is called, and what it is sent as.
struct ValueWords {
  const char* argument;
  const char* sent_as;
};

ValueWords WordsFor(ValueKind kind) {
  switch (kind) {
    case ValueKind::kBool:
      return {"a bool", "BOOL"};
    case ValueKind::kInt:
      return {"an int", "INT64 or another integer type"};
    case ValueKind::kFloat:
      return {"a float", "FP32 or another number type"};
    case ValueKind::kString:
      return {"a string", "BYTES"};
    case ValueKind::kBoolList:
      return {"a list of bools", "BOOL"};
    case ValueKind::kIntList:
      return {"a list of ints", "INT64 or another integer type"};
    case ValueKind::kFloatList:
      return {"a list of floats", "FP32 or another number type"};
    case ValueKind::kStringList:
      return {"a list of strings", "BYTES"};
    case ValueKind::kTensor:
    case ValueKind::kTensorList:
    case ValueKind::kTensorDict:
      break;
  }
  return {"a tensor of numbers", "FP32 or another number type"};
}

bool IsInteger(DataType type) {
  switch (type) {
    case DataType::kUint8:
    case DataType::kUint16:
    case DataType::kUint32:
    case DataType::kUint64:
    case DataType::kInt8:
    case DataType::kInt16:
    case DataType::kInt32:
    case DataType::kInt64:
      return true;
    default:
      return false;
  }
}

bool Takes(ValueKind kind, DataType type) {
  switch (ElementOf(kind)) {
    case ValueKind::kBool:
      return type == DataType::kBool;
    case ValueKind::kInt:
      return IsInteger(type);
    case ValueKind::kFloat:
      return type != DataType::kBool && type != DataType::kBytes;
    case ValueKind::kString:
      return type == DataType::kBytes;
    default:  // tensors
      return type != DataType::kBytes;
  }
}

absl::Status CheckType(const TensorSpec& spec, absl::string_view model,
                       const InputTensor& input) {
  if (spec.type && spec.type_origin == FactOrigin::kDeclared &&
      *spec.type != input.type) {
    return absl::InvalidArgumentError(
        absl::StrCat("inference input '", input.name, "' data-type is '",
                     DataTypeName(input.type), "', but model '", model,
                     "' expects '", DataTypeName(*spec.type), "'"));
  }
  if (Takes(spec.kind, input.type)) return absl::OkStatus();
  const ValueWords words = WordsFor(spec.kind);
  return absl::InvalidArgumentError(
      absl::StrCat("inference input '", input.name, "' data-type is '",
                   DataTypeName(input.type), "', but model '", model,
                   "' expects ", words.argument, ", sent as ", words.sent_as));
}

absl::Status UnexpectedShape(absl::string_view model, const InputTensor& input,
                             absl::string_view expected) {
  return absl::InvalidArgumentError(absl::StrCat(
      "unexpected shape for input '", input.name, "' for model '", model,
      "'. Expected ", expected, ", got ", ShapeToString(input.shape)));
}

absl::Status CheckShape(const TensorSpec& spec, absl::string_view model,
                        const InputTensor& input) {
  const bool declared =
      spec.shape && spec.shape_origin == FactOrigin::kDeclared;
  if (declared && !ShapeMatches(input.shape, *spec.shape)) {
    return UnexpectedShape(model, input, ShapeToString(*spec.shape));
  }
  if (!ElementCount(input.shape)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "input '", input.name, "' for model '", model, "': shape ",
        ShapeToString(input.shape),
        " is not possible; sizes must be >= 0 and fit a 64-bit byte count"));
  }
  if (IsScalar(spec.kind) && *ElementCount(input.shape) != 1) {
    return UnexpectedShape(model, input, "one element, as [1]");
  }
  // A list has no shape of its own; a declared one is a client's way to see it.
  if (input.by_value && !IsScalar(spec.kind) && !declared &&
      input.shape.size() != 1) {
    return UnexpectedShape(model, input, "one dimension, as [n]");
  }
  if (input.by_value && *ElementCount(input.shape) > kMostElements) {
    return UnexpectedShape(
        model, input, absl::StrCat("at most ", kMostElements, " elements"));
  }
  return absl::OkStatus();
}

// TorchScript's int has 64 bits and a sign.
absl::Status CheckUnsigned(absl::string_view model, const InputTensor& input) {
  std::vector<uint64_t> values(input.bytes.size() / sizeof(uint64_t));
  input.bytes.CopyTo(values.data());
  for (const uint64_t value : values) {
    if (value > uint64_t{std::numeric_limits<int64_t>::max()}) {
      return absl::InvalidArgumentError(
          absl::StrCat("input '", input.name, "' for model '", model,
                       "' has the value ", value, ", expected at most ",
                       std::numeric_limits<int64_t>::max(), " for an int"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckStrings(absl::string_view model, const InputTensor& input) {
  const absl::Status status =
      ValidateStrings(input.bytes, *ElementCount(input.shape));
  if (status.ok()) return status;
  return absl::InvalidArgumentError(absl::StrCat(
      "input '", input.name, "' for model '", model, "': ", status.message()));
}

absl::Status CheckBytes(absl::string_view model, const InputTensor& input) {
  if (input.type == DataType::kBytes) return CheckStrings(model, input);
  const std::optional<int64_t> expected = ByteCount(input.type, input.shape);
  if (expected && static_cast<uint64_t>(*expected) == input.bytes.size()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("input byte size mismatch for input '", input.name,
                   "' for model '", model, "'. Expected ",
                   expected ? *expected : -1, " for ", DataTypeName(input.type),
                   ShapeToString(input.shape), ", got ", input.bytes.size()));
}

}  // namespace

absl::Status CheckInput(const TensorSpec& spec, absl::string_view model,
                        const InputTensor& input) {
  RETURN_IF_ERROR(CheckType(spec, model, input));
  RETURN_IF_ERROR(CheckShape(spec, model, input));
  RETURN_IF_ERROR(CheckBytes(model, input));
  const bool is_int = ElementOf(spec.kind) == ValueKind::kInt;
  if (!is_int || input.type != DataType::kUint64) return absl::OkStatus();
  return CheckUnsigned(model, input);
}

}  // namespace sconce

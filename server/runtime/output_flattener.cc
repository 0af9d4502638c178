#include "server/runtime/output_flattener.h"

#include <ATen/core/List.h>
#include <ATen/core/function_schema.h>
#include <ATen/ops/empty.h>

#include <array>
#include <charconv>
#include <utility>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/runtime/tensor_codec.h"
#include "server/runtime/torch_error.h"
#include "server/tensor/strings.h"

namespace sconce {
namespace {

using Tensors = std::vector<NamedTensor>;

absl::Status Unsupported(const std::string& name, absl::string_view what) {
  return absl::UnimplementedError(
      absl::StrCat("output '", name.empty() ? "output_0" : name, "' is ", what,
                   ", expected a dense tensor of a protocol type or a tuple, "
                   "list or dict of such"));
}

absl::Status AppendTensor(const std::string& name, const at::Tensor& tensor,
                          Tensors* out) {
  if (!tensor.defined()) return Unsupported(name, "an undefined tensor");
  if (tensor.layout() != at::kStrided) {
    return Unsupported(name, "a sparse tensor");
  }
  if (!ToDataType(tensor.scalar_type())) {
    return Unsupported(name, absl::StrCat("a tensor of type ",
                                          toString(tensor.scalar_type())));
  }
  out->push_back({name, tensor});
  return absl::OkStatus();
}

std::string Child(const std::string& parent, absl::string_view name) {
  return parent.empty() ? std::string(name) : absl::StrCat(parent, ".", name);
}

// A child without a name of its own: output_2 at the top, parent.2 below.
std::string Child(const std::string& parent, size_t index) {
  return parent.empty() ? absl::StrCat("output_", index)
                        : absl::StrCat(parent, ".", index);
}

absl::Status Append(const std::string& name, const c10::IValue& value,
                    Tensors* out);

absl::Status AppendTuple(const std::string& name, const c10::IValue& value,
                         Tensors* out) {
  const auto& elements = value.toTupleRef().elements();
  const auto schema = value.type()->cast<c10::TupleType>()->schema();
  for (size_t i = 0; i < elements.size(); ++i) {
    const std::string child =
        schema ? Child(name, schema->arguments()[i].name()) : Child(name, i);
    RETURN_IF_ERROR(Append(child, elements[i], out));
  }
  return absl::OkStatus();
}

// A dict's key as Python would print it.
std::optional<std::string> KeyName(const c10::IValue& key) {
  if (key.isString() && IsUtf8(key.toStringRef())) return key.toStringRef();
  if (key.isBool()) return key.toBool() ? "True" : "False";
  if (key.isInt()) return absl::StrCat(key.toInt());
  if (!key.isDouble()) return std::nullopt;
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, key.toDouble()).ptr;
  std::string name(text, end);
  if (name.find_first_of(".en") == std::string::npos) name += ".0";
  return name;
}

absl::Status AppendDict(const std::string& name, const c10::IValue& value,
                        Tensors* out) {
  for (const auto& entry : value.toGenericDict()) {
    const std::optional<std::string> key = KeyName(entry.key());
    if (!key)
      return Unsupported(name, "a dict whose keys are no scalars, or no UTF-8");
    RETURN_IF_ERROR(Append(Child(name, *key), entry.value(), out));
  }
  return absl::OkStatus();
}

// One dimension with the elements of `values`.
template <typename T, typename Values>
at::Tensor ToTensor(const Values& values, at::ScalarType type) {
  at::Tensor tensor = at::empty({static_cast<int64_t>(values.size())}, type);
  T* out = tensor.mutable_data_ptr<T>();
  for (const T value : values) *out++ = value;
  return tensor;
}

template <typename Strings>
NamedTensor PackStrings(const std::string& name, const Strings& strings) {
  std::vector<uint8_t> bytes;
  for (const auto& text : strings) AppendString(text, &bytes);
  const auto count = static_cast<int64_t>(strings.size());
  return {name, ToTensor<uint8_t>(bytes, at::kByte), Shape{count}};
}

// Nothing when `value` is no scalar.
std::optional<NamedTensor> PackScalar(const std::string& name,
                                      const c10::IValue& value) {
  if (value.isBool()) {
    return NamedTensor{name,
                       ToTensor<bool>(std::array{value.toBool()}, at::kBool)};
  }
  if (value.isInt()) {
    return NamedTensor{name,
                       ToTensor<int64_t>(std::array{value.toInt()}, at::kLong)};
  }
  if (value.isDouble()) {
    return NamedTensor{
        name, ToTensor<double>(std::array{value.toDouble()}, at::kDouble)};
  }
  if (value.isString()) {
    return PackStrings(name, std::vector<std::string>{value.toStringRef()});
  }
  return std::nullopt;
}

// Nothing when `value` is no list of scalars.
std::optional<NamedTensor> PackScalarList(const std::string& name,
                                          const c10::IValue& value) {
  if (value.isBoolList()) {
    return NamedTensor{name, ToTensor<bool>(value.toBoolList(), at::kBool)};
  }
  if (value.isIntList()) {
    return NamedTensor{name, ToTensor<int64_t>(value.toIntList(), at::kLong)};
  }
  if (value.isDoubleList()) {
    return NamedTensor{name,
                       ToTensor<double>(value.toDoubleList(), at::kDouble)};
  }
  if (value.isList() &&
      value.toList().elementType()->kind() == c10::TypeKind::StringType) {
    std::vector<std::string> strings;
    for (const c10::IValue& text : value.toListRef()) {
      strings.push_back(text.toStringRef());
    }
    return PackStrings(name, strings);
  }
  return std::nullopt;
}

absl::Status AppendList(const std::string& name, const c10::IValue& value,
                        Tensors* out) {
  const c10::List<c10::IValue> elements = value.toList();
  for (size_t i = 0; i < elements.size(); ++i) {
    RETURN_IF_ERROR(Append(Child(name, i), elements.get(i), out));
  }
  return absl::OkStatus();
}

absl::Status Append(const std::string& name, const c10::IValue& value,
                    Tensors* out) {
  const std::string leaf = name.empty() ? Child(name, size_t{0}) : name;
  if (value.isTensor()) return AppendTensor(leaf, value.toTensor(), out);
  if (value.isTuple()) return AppendTuple(name, value, out);
  if (value.isGenericDict()) return AppendDict(name, value, out);
  if (value.isNone()) return absl::OkStatus();
  std::optional<NamedTensor> packed = PackScalar(leaf, value);
  if (!packed) packed = PackScalarList(leaf, value);
  if (packed) {
    out->push_back(*std::move(packed));
    return absl::OkStatus();
  }
  if (value.isList()) return AppendList(name, value, out);
  return Unsupported(name, absl::StrCat("a ", value.type()->str()));
}

}  // namespace

absl::StatusOr<std::vector<NamedTensor>> FlattenOutput(
    const c10::IValue& value) {
  Tensors tensors;
  absl::Status appended;
  RETURN_IF_ERROR(TorchCall([&] { appended = Append("", value, &tensors); }));
  RETURN_IF_ERROR(appended);
  return tensors;
}

}  // namespace sconce

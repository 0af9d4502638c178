#include "server/runtime/output_flattener.h"

#include <ATen/core/function_schema.h>

#include <utility>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/runtime/tensor_codec.h"

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

absl::Status AppendDict(const std::string& name, const c10::IValue& value,
                        Tensors* out) {
  for (const auto& entry : value.toGenericDict()) {
    if (!entry.key().isString()) {
      return Unsupported(name, "a dict whose keys are no strings");
    }
    RETURN_IF_ERROR(
        Append(Child(name, entry.key().toStringRef()), entry.value(), out));
  }
  return absl::OkStatus();
}

absl::Status AppendList(const std::string& name, const c10::IValue& value,
                        Tensors* out) {
  // toList() also visits lists of ints and the like; those end as unsupported
  // elements.
  const c10::List<c10::IValue> elements = value.toList();
  for (size_t i = 0; i < elements.size(); ++i) {
    RETURN_IF_ERROR(Append(Child(name, i), elements.get(i), out));
  }
  return absl::OkStatus();
}

absl::Status Append(const std::string& name, const c10::IValue& value,
                    Tensors* out) {
  if (value.isTensor()) {
    return AppendTensor(name.empty() ? Child(name, size_t{0}) : name,
                        value.toTensor(), out);
  }
  if (value.isTuple()) return AppendTuple(name, value, out);
  if (value.isList()) return AppendList(name, value, out);
  if (value.isGenericDict()) return AppendDict(name, value, out);
  if (value.isNone()) return absl::OkStatus();
  return Unsupported(name, absl::StrCat("a ", value.type()->str()));
}

}  // namespace

absl::StatusOr<std::vector<NamedTensor>> FlattenOutput(
    const c10::IValue& value) {
  Tensors tensors;
  RETURN_IF_ERROR(Append("", value, &tensors));
  return tensors;
}

}  // namespace sconce

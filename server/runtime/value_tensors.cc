#include "server/runtime/value_tensors.h"

#include <ATen/core/Dict.h>
#include <ATen/core/List.h>
#include <ATen/core/jit_type.h>

#include <utility>
#include <vector>

namespace sconce {
namespace {

c10::IValue MapTuple(const c10::IValue& value, TensorMap map) {
  std::vector<c10::IValue> elements;
  for (const c10::IValue& element : value.toTupleRef().elements()) {
    elements.push_back(MapTensors(element, map));
  }
  const auto type = value.type()->expect<c10::TupleType>();
  // The type of a tuple without names may be that of its tensors.
  if (!type->schema()) return c10::ivalue::Tuple::create(std::move(elements));
  return c10::ivalue::Tuple::createNamed(std::move(elements), type);
}

bool IsScalar(const c10::Type& type) {
  switch (type.kind()) {
    case c10::TypeKind::BoolType:
    case c10::TypeKind::IntType:
    case c10::TypeKind::FloatType:
    case c10::TypeKind::ComplexType:
    case c10::TypeKind::StringType:
      return true;
    default:
      return false;
  }
}

c10::IValue MapList(const c10::IValue& value, TensorMap map) {
  const c10::List<c10::IValue> elements = value.toList();
  if (IsScalar(*elements.elementType())) return value;
  c10::impl::GenericList mapped(elements.elementType());
  mapped.reserve(elements.size());
  for (size_t i = 0; i < elements.size(); ++i) {
    mapped.push_back(MapTensors(elements.get(i), map));
  }
  return mapped;
}

c10::IValue MapDict(const c10::IValue& value, TensorMap map) {
  const c10::Dict<c10::IValue, c10::IValue> entries = value.toGenericDict();
  c10::impl::GenericDict mapped(entries.keyType(), entries.valueType());
  for (const auto& entry : entries) {
    mapped.insert(entry.key(), MapTensors(entry.value(), map));
  }
  return mapped;
}

}  // namespace

c10::IValue MapTensors(const c10::IValue& value, TensorMap map) {
  if (value.isTensor()) {
    const at::Tensor& tensor = value.toTensor();
    return tensor.defined() ? c10::IValue(map(tensor)) : value;
  }
  if (value.isTuple()) return MapTuple(value, map);
  if (value.isList()) return MapList(value, map);
  if (value.isGenericDict()) return MapDict(value, map);
  return value;
}

}  // namespace sconce

// ValueKind: what a model's argument is, beside a tensor.
#ifndef SERVER_TENSOR_VALUE_KIND_H_
#define SERVER_TENSOR_VALUE_KIND_H_

namespace sconce {

// How wire inputs become one argument; doc/values.md has the rules.
enum class ValueKind {
  kTensor,
  kTensorList,  // inputs <name>.0, <name>.1, …
  kTensorDict,  // inputs <name>.<key>
  kBool,
  kInt,
  kFloat,
  kString,
  kBoolList,
  kIntList,
  kFloatList,
  kStringList,
};

// Whether several inputs share the spec's name as a prefix.
inline bool IsOpen(ValueKind kind) {
  return kind == ValueKind::kTensorList || kind == ValueKind::kTensorDict;
}

// Whether the rows of such inputs can be stacked. Others are values that all
// requests of a batch must agree in.
inline bool IsTensor(ValueKind kind) {
  return kind == ValueKind::kTensor || IsOpen(kind);
}

// What a list of scalars is made of; other kinds as they are.
inline ValueKind ElementOf(ValueKind kind) {
  switch (kind) {
    case ValueKind::kBoolList:
      return ValueKind::kBool;
    case ValueKind::kIntList:
      return ValueKind::kInt;
    case ValueKind::kFloatList:
      return ValueKind::kFloat;
    case ValueKind::kStringList:
      return ValueKind::kString;
    default:
      return kind;
  }
}

// Whether one element is the whole value, so that a parameter can hold it.
inline bool IsScalar(ValueKind kind) {
  return kind == ValueKind::kBool || kind == ValueKind::kInt ||
         kind == ValueKind::kFloat || kind == ValueKind::kString;
}

}  // namespace sconce

#endif  // SERVER_TENSOR_VALUE_KIND_H_

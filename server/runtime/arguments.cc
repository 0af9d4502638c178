#include "server/runtime/arguments.h"

#include <ATen/core/Dict.h>
#include <ATen/core/List.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/runtime/tensor_codec.h"
#include "server/tensor/strings.h"

namespace sconce {
namespace {

std::optional<ValueKind> ListKind(const c10::Type& element) {
  switch (element.kind()) {
    case c10::TypeKind::TensorType:
      return ValueKind::kTensorList;
    case c10::TypeKind::BoolType:
      return ValueKind::kBoolList;
    case c10::TypeKind::IntType:
      return ValueKind::kIntList;
    case c10::TypeKind::FloatType:
      return ValueKind::kFloatList;
    case c10::TypeKind::StringType:
      return ValueKind::kStringList;
    default:
      return std::nullopt;
  }
}

// Nothing for types that no input can carry, and for tuples.
std::optional<ValueKind> KindOf(const c10::TypePtr& type) {
  switch (type->kind()) {
    case c10::TypeKind::TensorType:
      return ValueKind::kTensor;
    case c10::TypeKind::BoolType:
      return ValueKind::kBool;
    case c10::TypeKind::IntType:
      return ValueKind::kInt;
    case c10::TypeKind::FloatType:
      return ValueKind::kFloat;
    case c10::TypeKind::StringType:
      return ValueKind::kString;
    case c10::TypeKind::ListType:
      return ListKind(*type->expectRef<c10::ListType>().getElementType());
    case c10::TypeKind::DictType: {
      const auto& dict = type->expectRef<c10::DictType>();
      const bool by_name =
          dict.getKeyType()->kind() == c10::TypeKind::StringType &&
          dict.getValueType()->kind() == c10::TypeKind::TensorType;
      if (by_name) return ValueKind::kTensorDict;
      return std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

// The type that a value is described with; nothing for tensors.
std::optional<DataType> TypeOf(ValueKind kind) {
  switch (ElementOf(kind)) {
    case ValueKind::kBool:
      return DataType::kBool;
    case ValueKind::kInt:
      return DataType::kInt64;
    case ValueKind::kFloat:
      return DataType::kFp64;
    case ValueKind::kString:
      return DataType::kBytes;
    default:
      return std::nullopt;
  }
}

TensorSpec MakeSpec(const std::string& name, ValueKind kind, bool optional) {
  TensorSpec spec{
      .name = name, .type = TypeOf(kind), .optional = optional, .kind = kind};
  if (!IsTensor(kind)) spec.shape = Shape{IsScalar(kind) ? 1 : kAnySize};
  return spec;
}

absl::Status CannotCarry(const std::string& name, const c10::TypePtr& type) {
  return absl::UnimplementedError(absl::StrCat(
      "argument '", name, "' has type ", type->annotation_str(),
      ", which no input can carry; expected Tensor, bool, int, float, str, "
      "lists of them, Dict[str, Tensor], Optional or Tuple"));
}

}  // namespace

// Reads the values of one call.
class Arguments::Reader {
 public:
  Reader(absl::Span<InferTask* const> tasks,
         const std::vector<TensorSpec>& inputs, InputPlacer* placer)
      : tasks_(tasks), inputs_(inputs), placer_(placer) {}

  // REQUIRES: called for nodes in the order of their inputs.
  c10::IValue Read(const Node& node) {
    if (!IsNext(node) && (node.may_be_absent || node.tuple == nullptr)) {
      if (!node.may_be_absent) missing_ = inputs_[node.input].name;
      return node.absent;
    }
    if (node.tuple != nullptr) return ReadTuple(node);
    const size_t begin = next_;
    while (IsNext(node)) ++next_;
    return ReadValue(node.kind, begin);
  }

  absl::Status status() const {
    if (missing_.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("input '", missing_,
                     "' is missing; a tuple is sent whole or left out"));
  }

 private:
  // Whether the next input belongs to `node`.
  bool IsNext(const Node& node) const {
    const auto& inputs = tasks_[0]->inputs;
    return next_ < inputs.size() && inputs[next_].spec >= node.input &&
           inputs[next_].spec < node.end;
  }

  c10::IValue ReadTuple(const Node& node) {
    std::vector<c10::IValue> elements;
    for (const Node& element : node.elements) {
      elements.push_back(Read(element));
    }
    return c10::ivalue::Tuple::createNamed(
        std::move(elements), node.tuple->expect<c10::TupleType>());
  }

  // The value of the inputs from `begin` to next_.
  c10::IValue ReadValue(ValueKind kind, size_t begin) const {
    switch (kind) {
      case ValueKind::kTensor:
        return GatherInput(tasks_, begin, placer_);
      case ValueKind::kTensorList:
        return ReadTensorList(begin);
      case ValueKind::kTensorDict:
        return ReadTensorDict(begin);
      case ValueKind::kBool:
        return Numbers(begin, at::kBool).item<bool>();
      case ValueKind::kInt:
        return Numbers(begin, at::kLong).item<int64_t>();
      case ValueKind::kFloat:
        return Numbers(begin, at::kDouble).item<double>();
      case ValueKind::kString:
        return ReadStrings(tasks_[0]->inputs[begin].bytes).at(0);
      case ValueKind::kBoolList:
        return ReadList<bool>(begin, at::kBool);
      case ValueKind::kIntList:
        return ReadList<int64_t>(begin, at::kLong);
      case ValueKind::kFloatList:
        return ReadList<double>(begin, at::kDouble);
      case ValueKind::kStringList:
        return c10::List<std::string>(
            ReadStrings(tasks_[0]->inputs[begin].bytes));
    }
    return {};
  }

  at::Tensor Numbers(size_t index, at::ScalarType type) const {
    return GatherInput(tasks_.first(1), index).to(type);
  }

  template <typename T>
  c10::IValue ReadList(size_t index, at::ScalarType type) const {
    const at::Tensor numbers = Numbers(index, type);
    c10::List<T> list;
    list.reserve(static_cast<size_t>(numbers.numel()));
    const T* const data = numbers.const_data_ptr<T>();
    for (int64_t i = 0; i < numbers.numel(); ++i) list.push_back(data[i]);
    return list;
  }

  c10::IValue ReadTensorList(size_t begin) const {
    c10::List<at::Tensor> list;
    for (size_t i = begin; i < next_; ++i) {
      list.push_back(GatherInput(tasks_, i, placer_));
    }
    return list;
  }

  c10::IValue ReadTensorDict(size_t begin) const {
    c10::Dict<std::string, at::Tensor> dict;
    for (size_t i = begin; i < next_; ++i) {
      const InputTensor& input = tasks_[0]->inputs[i];
      dict.insert(input.name.substr(input.key),
                  GatherInput(tasks_, i, placer_));
    }
    return dict;
  }

  const absl::Span<InferTask* const> tasks_;
  const std::vector<TensorSpec>& inputs_;
  InputPlacer* const placer_;
  std::string missing_;  // an element of a tuple that others were sent of
  size_t next_ = 0;      // the first input that was not read
};

absl::StatusOr<Arguments> Arguments::Create(const c10::FunctionSchema& schema) {
  Arguments arguments;
  for (size_t i = 1; i < schema.arguments().size(); ++i) {  // 0 is self
    const c10::Argument& argument = schema.arguments()[i];
    const size_t first = arguments.inputs_.size();
    absl::StatusOr<Node> node =
        arguments.MakeNode(argument.name(), argument.type());
    const auto& value = argument.default_value();
    if (!node.ok() && !value) return node.status();
    if (!node.ok()) {  // nobody can send it, so it is always the default
      arguments.inputs_.resize(first);
      node = Node{.input = first, .end = first};
    }
    if (value) {
      node->absent = *value;
      node->may_be_absent = true;
      for (size_t j = first; j < arguments.inputs_.size(); ++j) {
        arguments.inputs_[j].optional = true;
      }
    }
    arguments.nodes_.push_back(*std::move(node));
  }
  return arguments;
}

absl::StatusOr<Arguments::Node> Arguments::MakeNode(const std::string& name,
                                                    const c10::TypePtr& type) {
  if (const auto tuple = type->cast<c10::TupleType>()) {
    return MakeTuple(name, tuple);
  }
  const auto optional = type->cast<c10::OptionalType>();
  const auto kind = KindOf(optional ? optional->getElementType() : type);
  if (!kind) return CannotCarry(name, type);
  Node node{.kind = *kind,
            .input = inputs_.size(),
            .end = inputs_.size() + 1,
            .may_be_absent = optional != nullptr};
  inputs_.push_back(MakeSpec(name, *kind, optional != nullptr));
  return node;
}

absl::StatusOr<Arguments::Node> Arguments::MakeTuple(
    const std::string& name, const c10::TupleTypePtr& type) {
  Node node{.input = inputs_.size(), .tuple = type};
  for (size_t i = 0; i < type->elements().size(); ++i) {
    const std::string element = type->schema()
                                    ? type->schema()->arguments()[i].name()
                                    : absl::StrCat(i);
    ASSIGN_OR_RETURN(Node child, MakeNode(absl::StrCat(name, ".", element),
                                          type->elements()[i]));
    node.elements.push_back(std::move(child));
  }
  node.end = inputs_.size();
  return node;
}

absl::Status Arguments::Append(absl::Span<InferTask* const> tasks,
                               InputPlacer* placer,
                               torch::jit::Stack* stack) const {
  Reader reader(tasks, inputs_, placer);
  for (const Node& node : nodes_) stack->push_back(reader.Read(node));
  return reader.status();
}

void Arguments::AppendTensors(absl::Span<const at::Tensor> tensors,
                              torch::jit::Stack* stack) const {
  for (const Node& node : nodes_) {
    if (node.input < node.end && node.input < tensors.size()) {
      stack->push_back(tensors[node.input]);
    } else {
      stack->push_back(node.absent);
    }
  }
}

}  // namespace sconce

#include "server/runtime/scalar_flow.h"

#include <ATen/core/function_schema.h>
#include <ATen/core/jit_type.h>

#include <algorithm>
#include <string>
#include <unordered_set>
#include <vector>

#include "absl/container/flat_hash_set.h"

namespace sconce {
namespace {

using torch::jit::Node;
using torch::jit::Use;
using torch::jit::Value;

bool IsNumber(const c10::TypePtr& type) {
  switch (type->kind()) {
    case c10::TypeKind::IntType:
    case c10::TypeKind::FloatType:
    case c10::TypeKind::BoolType:
    case c10::TypeKind::NumberType:
    case c10::TypeKind::NoneType:
      return true;
    default:
      return false;
  }
}

bool IsText(const c10::TypePtr& type) {
  return type->kind() == c10::TypeKind::StringType;
}

// Tensors, and lists and dicts of nothing else.
bool IsMadeOfTensors(const c10::TypePtr& type) {
  if (type->isSubtypeOf(*c10::TensorType::get())) return true;
  const auto kind = type->kind();
  if (kind != c10::TypeKind::ListType && kind != c10::TypeKind::DictType &&
      kind != c10::TypeKind::OptionalType) {
    return false;
  }
  return IsMadeOfTensors(type->containedTypes().back());
}

// Operators that take a Scalar and make a size of it.
bool MakesSizeOfScalar(const Node& node) {
  static const auto* const kKinds = new absl::flat_hash_set<std::string>{
      "aten::arange", "aten::linspace", "aten::logspace", "aten::range"};
  return kKinds->contains(node.kind().toQualString());
}

bool OnlyNumbers(at::ArrayRef<const Value*> values) {
  return std::all_of(values.begin(), values.end(), [](const Value* value) {
    return IsNumber(value->type());
  });
}

// A float, bool, string or Scalar of an operator is a factor or a choice; an
// int may be a size, unless the operator only reckons with numbers.
bool IsHarmlessArgument(const Node& node, size_t index) {
  const c10::FunctionSchema* const schema = node.maybeSchema();
  if (schema == nullptr || MakesSizeOfScalar(node)) return false;
  if (OnlyNumbers(node.inputs()) && OnlyNumbers(node.outputs())) return true;
  c10::TypePtr type = schema->arguments().at(index).type();
  if (const auto optional = type->cast<c10::OptionalType>()) {
    type = optional->getElementType();
  }
  const bool may_be_size = type->kind() == c10::TypeKind::IntType;
  return IsText(type) || (IsNumber(type) && !may_be_size);
}

// Follows values from where they are used to what is made of them.
class Flow {
 public:
  void Add(const Value* value) {
    if (IsMadeOfTensors(value->type())) return;
    if (seen_.insert(value).second) open_.push_back(value);
  }

  bool EndsHarmlessly() {
    while (!open_.empty()) {
      const Value* const value = open_.back();
      open_.pop_back();
      for (const Use& use : value->uses()) {
        if (!Follow(use)) return false;
      }
    }
    return true;
  }

 private:
  bool Follow(const Use& use) {
    const Node& node = *use.user;
    switch (node.kind()) {
      case c10::prim::Return:
        return FollowOutOfBlock(node, use.offset);
      case c10::prim::If:  // its condition
      case c10::prim::RaiseException:
        return true;
      case c10::prim::TupleConstruct:
      case c10::prim::DictConstruct:
      case c10::prim::ListConstruct:
      case c10::prim::unchecked_cast:
        break;
      default:
        if (!IsHarmlessArgument(node, use.offset)) return false;
    }
    for (const Value* output : node.outputs()) Add(output);
    return true;
  }

  // The result of an if's block is the if's; that of the graph is the answer.
  bool FollowOutOfBlock(const Node& node, size_t index) {
    const Node* const owner = node.owningBlock()->owningNode();
    if (owner == nullptr) return true;
    if (owner->kind() != c10::prim::If) return false;
    Add(owner->outputs()[index]);
    return true;
  }

  std::unordered_set<const Value*> seen_;
  std::vector<const Value*> open_;
};

}  // namespace

bool ScalarsBoundNothing(const torch::jit::Graph& graph) {
  Flow flow;
  for (const Value* input : graph.inputs()) {
    if (input->type()->cast<c10::ClassType>() == nullptr) flow.Add(input);
  }
  return flow.EndsHarmlessly();
}

}  // namespace sconce

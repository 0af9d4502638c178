#include "server/runtime/module_writes.h"

#include <ATen/core/function_schema.h>
#include <ATen/core/jit_type.h>
#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/inliner.h>

#include <algorithm>
#include <string>

#include "absl/container/flat_hash_set.h"

#include "server/runtime/module_graphs.h"

namespace sconce {
namespace {

using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

ModuleWrites Worse(ModuleWrites a, ModuleWrites b) { return std::max(a, b); }

// Operators that hand out what their first input holds.
bool TakesOut(const Node& node) {
  static const auto* const kKinds = new absl::flat_hash_set<std::string>{
      "aten::__getitem__",    "prim::ListUnpack",
      "prim::TupleIndex",     "prim::TupleUnpack",
      "prim::unchecked_cast", "aten::values",
      "aten::items",          "aten::get",
      "aten::unbind",         "aten::split",
      "aten::chunk"};
  return kKinds->contains(node.kind().toQualString());
}

// Whether the outputs of `node` are new: its schema says that they share
// nothing with the inputs.
bool IsFresh(const c10::FunctionSchema& schema) {
  return std::none_of(schema.returns().begin(), schema.returns().end(),
                      [](const c10::Argument& result) {
                        return result.alias_info() != nullptr;
                      });
}

bool HoldsNoTensor(const c10::TypePtr& type) {
  switch (type->kind()) {
    case c10::TypeKind::IntType:
    case c10::TypeKind::FloatType:
    case c10::TypeKind::BoolType:
    case c10::TypeKind::StringType:
    case c10::TypeKind::NoneType:
    case c10::TypeKind::DeviceObjType:
      return true;
    case c10::TypeKind::ListType:
    case c10::TypeKind::OptionalType:
      return HoldsNoTensor(type->containedType(0));
    default:
      return false;
  }
}

// What a write to a value changes: follows views, containers and loops to
// where it comes from.
class Origin {
 public:
  ModuleWrites Of(const Value& value) {
    if (HoldsNoTensor(value.type()) || !seen_.insert(&value).second) {
      return ModuleWrites::kNothing;
    }
    const Node& node = *value.node();
    switch (node.kind()) {
      case c10::prim::Param:
        return OfParam(value);
      case c10::prim::GetAttr:
        return ModuleWrites::kAttributes;
      case c10::prim::Constant:
        return ModuleWrites::kAnything;
      case c10::prim::If:
      case c10::prim::Loop:
        return OfBlocks(value);
      case c10::prim::ListConstruct:
      case c10::prim::TupleConstruct:
      case c10::prim::DictConstruct:
        return OfInputs(node);
      default:
        break;
    }
    if (TakesOut(node)) return OfInputs(node);
    const c10::FunctionSchema* const schema = node.maybeSchema();
    if (schema == nullptr) return ModuleWrites::kAnything;
    return IsFresh(*schema) ? ModuleWrites::kNothing : OfInputs(node);
  }

 private:
  ModuleWrites OfInputs(const Node& node) {
    ModuleWrites worst = ModuleWrites::kNothing;
    for (const Value* input : node.inputs()) worst = Worse(worst, Of(*input));
    return worst;
  }

  // The result of an if or a loop: what its blocks return, and what a loop
  // without a round leaves.
  ModuleWrites OfBlocks(const Value& value) {
    const Node& node = *value.node();
    const bool is_loop = node.kind() == c10::prim::Loop;
    const size_t index = value.offset() + (is_loop ? 1 : 0);
    ModuleWrites worst = ModuleWrites::kNothing;
    for (const Block* block : node.blocks()) {
      worst = Worse(worst, Of(*block->outputs()[index]));
    }
    if (is_loop) worst = Worse(worst, Of(*node.input(value.offset() + 2)));
    return worst;
  }

  // An input of a method is the request's own; that of a loop's round comes
  // from the round before; that of a fork may be anything.
  ModuleWrites OfParam(const Value& value) {
    const Block& block = *value.node()->owningBlock();
    const Node* const owner = block.owningNode();
    if (owner == nullptr) {
      const auto inputs = block.inputs();
      const bool is_method =
          !inputs.empty() && inputs.front()->type()->cast<c10::ClassType>();
      return is_method ? ModuleWrites::kNothing : ModuleWrites::kAnything;
    }
    if (owner->kind() != c10::prim::Loop) return ModuleWrites::kAnything;
    return Worse(Of(*owner->input(value.offset() + 1)),
                 Of(*block.outputs()[value.offset()]));
  }

  absl::flat_hash_set<const Value*> seen_;
};

// Running statistics of a normalisation in training.
ModuleWrites WritesOfNorm(const Node& node) {
  constexpr size_t kMean = 3;
  constexpr size_t kTraining = 5;
  if (node.inputs().size() <= kTraining) return ModuleWrites::kAnything;
  const auto training = torch::jit::toIValue(node.input(kTraining));
  if (training && training->isBool() && !training->toBool()) {
    return ModuleWrites::kNothing;
  }
  const bool has_statistics =
      node.input(kMean)->type()->kind() != c10::TypeKind::NoneType;
  return has_statistics ? ModuleWrites::kAnything : ModuleWrites::kNothing;
}

ModuleWrites WritesOf(const Node& node) {
  const std::string kind = node.kind().toQualString();
  if (kind == "prim::SetAttr") return ModuleWrites::kAttributes;
  if (kind == "prim::CallMethod" || kind == "prim::CallFunction" ||
      kind == "prim::PythonOp") {
    return ModuleWrites::kAnything;
  }
  if (kind == "aten::batch_norm" || kind == "aten::instance_norm") {
    return WritesOfNorm(node);
  }
  const c10::FunctionSchema* const schema = node.maybeSchema();
  if (schema == nullptr || !schema->is_mutable()) return ModuleWrites::kNothing;
  ModuleWrites worst = ModuleWrites::kNothing;
  for (size_t i = 0; i < schema->arguments().size(); ++i) {
    const auto* const alias = schema->arguments()[i].alias_info();
    if (alias == nullptr || !alias->isWrite()) continue;
    // A new list holds what others own, but is new itself.
    const Node& maker = *node.input(i)->node();
    if (maker.kind() == c10::prim::ListConstruct ||
        maker.kind() == c10::prim::DictConstruct) {
      continue;
    }
    worst = Worse(worst, Origin().Of(*node.input(i)));
  }
  return worst;
}

bool HasObjects(const torch::jit::Module& module) {
  for (const auto& attribute : module.named_attributes()) {
    const c10::IValue& value = attribute.value;
    if (value.isObject() && !value.isModule()) return true;
  }
  return false;
}

}  // namespace

ModuleWrites FindWrites(const torch::jit::Module& frozen) {
  if (HasObjects(frozen)) return ModuleWrites::kAnything;
  ModuleWrites worst = ModuleWrites::kNothing;
  for (const torch::jit::Method& method : frozen.get_methods()) {
    const auto graph =
        torch::jit::toGraphFunction(method.function()).graph()->copy();
    torch::jit::Inline(*graph);
    for (const Node* node : AllNodes(*graph)) {
      worst = Worse(worst, WritesOf(*node));
    }
  }
  return worst;
}

}  // namespace sconce

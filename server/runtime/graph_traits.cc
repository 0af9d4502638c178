#include "server/runtime/graph_traits.h"

#include <torch/csrc/jit/ir/constants.h>

#include <algorithm>
#include <optional>

#include "absl/container/flat_hash_set.h"

namespace sconce {
namespace {

using torch::jit::Block;
using torch::jit::Node;
using Kinds = absl::flat_hash_set<std::string>;

// Operators that turn values of a tensor into a number.
const Kinds& Readers() {
  static const auto* const kKinds =
      new Kinds{"aten::Bool",           "aten::Complex",  "aten::Float",
                "aten::FloatImplicit",  "aten::Int",      "aten::IntImplicit",
                "aten::ScalarImplicit", "aten::allclose", "aten::equal",
                "aten::is_nonzero",     "aten::item",     "aten::tolist",
                "prim::tolist"};
  return *kKinds;
}

// Operators that loop, run code that the graph does not show, or turn values
// of a tensor into a size.
const Kinds& Unbounded() {
  static const auto* const kKinds = new Kinds{"aten::bincount",
                                              "aten::one_hot",
                                              "aten::repeat_interleave",
                                              "aten::sparse_coo_tensor",
                                              "prim::CallFunction",
                                              "prim::CallMethod",
                                              "prim::Loop",
                                              "prim::PythonOp",
                                              "prim::fork"};
  return *kKinds;
}

bool IsTensor(const torch::jit::Value& value) {
  return value.type()->isSubtypeOf(*c10::TensorType::get());
}

// Whether `value` is computed from sizes and constants alone: a trace wraps
// x.size(0) in a tensor, reckons with it, and makes it a number again.
bool IsSize(const torch::jit::Value& value, int depth = 0) {
  constexpr int kDeepest = 32;
  const Node& node = *value.node();
  if (node.kind() == c10::prim::NumToTensor) return true;
  if (node.kind() == c10::prim::Constant) return true;
  if (depth == kDeepest || !node.kind().is_aten()) return false;
  int tensors = 0;
  for (const torch::jit::Value* input : node.inputs()) {
    if (!IsTensor(*input)) continue;
    if (!IsSize(*input, depth + 1)) return false;
    ++tensors;
  }
  return tensors > 0;
}

bool IsReader(const Node& node) {
  if (!Readers().contains(node.kind().toQualString())) return false;
  // Int(bool) and Float(int) read no tensor.
  if (node.inputs().empty() || !IsTensor(*node.input(0))) return false;
  return !IsSize(*node.input(0));
}

// Operators whose results have sizes that depend on values.
bool HasSizesOfValues(const Node& node) {
  static const auto* const kKinds = new Kinds{"aten::_unique",
                                              "aten::_unique2",
                                              "aten::argwhere",
                                              "aten::bincount",
                                              "aten::index",
                                              "aten::masked_select",
                                              "aten::nonzero",
                                              "aten::nonzero_numpy",
                                              "aten::one_hot",
                                              "aten::repeat_interleave",
                                              "aten::unique_consecutive",
                                              "aten::unique_dim"};
  return kKinds->contains(node.kind().toQualString());
}

bool OnlyRaises(const Block& block) {
  return std::any_of(block.nodes().begin(), block.nodes().end(),
                     [](const Node* node) {
                       return node->kind() == c10::prim::RaiseException;
                     });
}

// Whether `node` is an if that raises or does nothing.
bool IsGuard(const Node& node) {
  return node.kind() == c10::prim::If && node.outputs().empty() &&
         (OnlyRaises(*node.blocks()[0]) || OnlyRaises(*node.blocks()[1]));
}

// Whether `reader` decides about nothing but an error, and so that a batch has
// it when one of its rows has: all rows are good, or any is bad.
bool OnlyGuardsEachRow(const Node& reader) {
  constexpr size_t kTrue = 0;
  constexpr size_t kFalse = 1;
  const auto made_by = reader.input(0)->node()->kind();
  if (reader.kind() != c10::aten::Bool ||
      (made_by != c10::aten::all && made_by != c10::aten::any)) {
    return false;
  }
  const size_t raises = made_by == c10::aten::all ? kFalse : kTrue;
  const auto& uses = reader.output()->uses();
  return std::all_of(uses.begin(), uses.end(), [&](const auto& use) {
    return IsGuard(*use.user) && OnlyRaises(*use.user->blocks()[raises]);
  });
}

// Whether `node` has an argument `non_blocking` that may be true.
bool MayCopyWithoutWaiting(const Node& node) {
  const c10::FunctionSchema* const schema = node.maybeSchema();
  if (schema == nullptr) return false;
  const std::optional<int> index =
      schema->argumentIndexWithName("non_blocking");
  if (!index) return false;
  const auto value = torch::jit::toIValue(node.input(*index));
  return !value || !value->isBool() || value->toBool();
}

// The first node, of inner blocks too, that `matches`; null without one.
template <typename Matches>
const Node* FindNode(const Block& block, const Matches& matches) {
  for (const Node* node : block.nodes()) {
    if (matches(*node)) return node;
    for (const Block* inner : node->blocks()) {
      if (const Node* found = FindNode(*inner, matches)) return found;
    }
  }
  return nullptr;
}

}  // namespace

bool HasBoundedTime(const torch::jit::Graph& graph) {
  return FindNode(*graph.block(), [](const Node& node) {
           return IsReader(node) ||
                  Unbounded().contains(node.kind().toQualString());
         }) == nullptr;
}

std::string CopierWithoutWaiting(const torch::jit::Graph& graph) {
  const Node* const copier = FindNode(*graph.block(), MayCopyWithoutWaiting);
  return copier == nullptr ? "" : copier->kind().toQualString();
}

std::string ReaderOfValues(const torch::jit::Graph& graph) {
  const bool branches = HasBranches(graph);
  const Node* const reader = FindNode(*graph.block(), [&](const Node& node) {
    return (IsReader(node) && !OnlyGuardsEachRow(node)) ||
           (branches && HasSizesOfValues(node));
  });
  return reader == nullptr ? "" : reader->kind().toQualString();
}

bool HasBranches(const torch::jit::Graph& graph) {
  return FindNode(*graph.block(), [](const Node& node) {
           return node.kind() == c10::prim::If && !IsGuard(node);
         }) != nullptr;
}

}  // namespace sconce

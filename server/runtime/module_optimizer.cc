#include "server/runtime/module_optimizer.h"

#include <ATen/Functions.h>
#include <time.h>
#include <torch/csrc/jit/ir/constants.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "server/base/status_macros.h"
#include "server/runtime/module_graphs.h"
#include "server/runtime/module_method.h"
#include "server/runtime/module_writes.h"
#include "server/runtime/output_flattener.h"
#include "server/runtime/tensor_codec.h"
#include "server/runtime/tensor_comparison.h"
#include "server/runtime/torch_error.h"

namespace sconce {
namespace {

using torch::jit::Module;
using Tensors = std::vector<at::Tensor>;

// Gains below this are noise and not worth a second form of the model.
constexpr double kWorthwhile = 0.95;

absl::StatusOr<std::vector<NamedTensor>> RunOnce(
    const Module& module, const Tensors& examples,
    const PrecisionPolicy& precision) {
  ASSIGN_OR_RETURN(ModuleMethod forward,
                   ModuleMethod::Create(module, "forward", precision));
  Tensors copies;  // a model may write into its inputs
  for (const at::Tensor& example : examples) copies.push_back(example.clone());
  ASSIGN_OR_RETURN(c10::IValue output, forward.Run(copies));
  return FlattenOutput(output);
}

// Whether both modules run and give the same outputs.
bool SameAnswers(const Module& a, const Module& b, const Tensors& examples,
                 const PrecisionPolicy& precision) {
  const auto left = RunOnce(a, examples, precision);
  const auto right = RunOnce(b, examples, precision);
  if (!left.ok() || !right.ok() || left->size() != right->size()) return false;
  bool equal = true;
  const absl::Status compared = TorchCall([&] {
    for (size_t i = 0; i < left->size(); ++i) {
      equal =
          equal && EqualButForRounding((*left)[i].tensor, (*right)[i].tensor,
                                       precision.rounding());
    }
  });
  return compared.ok() && equal;
}

// Processor time of one run, in seconds: the least of a few, because
// everything else on the machine only adds.
double Seconds(const Module& module, const Tensors& examples,
               const PrecisionPolicy& precision) {
  constexpr int kRuns = 4;
  constexpr double kBudget = 2.0;
  double least = std::numeric_limits<double>::infinity();
  double spent = 0;
  for (int i = 0; i < kRuns && spent < kBudget; ++i) {
    timespec begin{};
    timespec end{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
    if (!RunOnce(module, examples, precision).ok()) break;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    const double seconds =
        static_cast<double>(end.tv_sec - begin.tv_sec) +
        1e-9 * static_cast<double>(end.tv_nsec - begin.tv_nsec);
    least = std::min(least, seconds);
    spent += seconds;
  }
  return least;
}

// Freezing ends the methods that it does not keep, but code that was inlined
// from them still refers to them, and an error in it would read freed memory.
// So all are kept, private ones too.
std::vector<std::string> MethodsBesideForward(const Module& module) {
  std::vector<std::string> others;
  for (const torch::jit::Method& method : module.get_methods()) {
    if (method.name() != "forward") others.push_back(method.name());
  }
  return others;
}

// Keeps forward and `methods`; nothing when that cannot be frozen.
std::optional<Module> Freeze(const Module& module,
                             const std::vector<std::string>& methods) {
  std::optional<Module> frozen;
  TorchCall([&] {
    frozen = torch::jit::freeze(module, methods);
  }).IgnoreError();
  return frozen;
}

std::optional<Module> OptimizeForInference(const Module& module) {
  std::optional<Module> optimized;
  TorchCall([&] {
    Module copy = module.clone();
    optimized = torch::jit::optimize_for_inference(copy);
  }).IgnoreError();
  return optimized;
}

// Freezing turns constant attributes into constants; these it left.
std::set<std::string> AttributesLeft(const Module& frozen) {
  std::set<std::string> left;
  for (const auto& attribute : frozen.named_attributes()) {
    if (!attribute.value.isModule()) left.insert(attribute.name);
  }
  return left;
}

// Whether any code of `module` may write to something.
bool MayWrite(const Module& module) {
  const std::vector<torch::jit::Node*> nodes = AllNodes(module);
  return std::any_of(
      nodes.begin(), nodes.end(), [](const torch::jit::Node* node) {
        const c10::FunctionSchema* const schema = node->maybeSchema();
        return node->kind() == c10::prim::SetAttr ||
               (schema != nullptr && schema->is_mutable());
      });
}

// All attributes that can hold a state, but the weights.
std::set<std::string> AllButParameters(const Module& module) {
  std::set<std::string> names;
  for (const auto& attribute : module.named_attributes()) {
    if (!attribute.value.isModule()) names.insert(attribute.name);
  }
  for (const auto& parameter : module.named_parameters()) {
    names.erase(parameter.name);
  }
  return names;
}

// For a module that tells nothing by freezing.
OptimizedModule Unfrozen(const Module& module) {
  OptimizedModule result = {module, "none", "the module cannot be frozen"};
  if (MayWrite(module)) result.changed = AllButParameters(module);
  return result;
}

// A module that changes itself, and others that stay as they were saved;
// nothing for one that may be frozen.
std::optional<OptimizedModule> LeaveAsSaved(const Module& module,
                                            const Module& frozen) {
  const std::set<std::string> left = AttributesLeft(frozen);
  const ModuleWrites writes = FindWrites(frozen);
  if (writes == ModuleWrites::kNothing && left.empty()) return std::nullopt;
  OptimizedModule result = {module, "none", "the module changes itself"};
  if (writes == ModuleWrites::kNothing) {
    result.reason = "freezing leaves attributes, though nobody writes to them";
  } else if (writes == ModuleWrites::kAttributes && !left.empty()) {
    result.changed = left;
  } else {
    result.changed = AllButParameters(module);
  }
  return result;
}

// Whether code pools to a fixed size that is not 1: oneDNN's operator, which
// optimize_for_inference puts there, fails on images whose size is no multiple
// of it, and examples have one size only.
bool PoolsToFixedSize(const Module& module) {
  static const c10::Symbol pool =
      c10::Symbol::fromQualString("aten::adaptive_avg_pool2d");
  const std::vector<torch::jit::Node*> nodes = AllNodes(module);
  return std::any_of(nodes.begin(), nodes.end(),
                     [](const torch::jit::Node* node) {
                       if (node->kind() != pool) return false;
                       const auto sizes = torch::jit::toIValue(node->input(1));
                       if (!sizes || !sizes->isIntList()) return true;
                       const std::vector<int64_t> size = sizes->toIntVector();
                       return std::any_of(size.begin(), size.end(),
                                          [](int64_t n) { return n != 1; });
                     });
}

OptimizedModule ChooseFaster(const Module& plain, Module frozen,
                             const Tensors& examples,
                             const PrecisionPolicy& precision) {
  if (!SameAnswers(plain, plain, examples, precision)) {
    return {plain, "none", "two runs on the same input differ or fail"};
  }
  if (!SameAnswers(plain, frozen, examples, precision)) {
    return {plain, "none", "freezing changes the answers"};
  }
  if (IsAutocast(precision.settings().precision)) {
    return {std::move(frozen), "freeze",
            "optimize_for_inference would hide operators from autocast"};
  }
  if (PoolsToFixedSize(frozen)) {
    return {std::move(frozen), "freeze",
            "optimize_for_inference would take only images whose size is a "
            "multiple of what it pools to"};
  }
  const std::optional<Module> optimized = OptimizeForInference(plain);
  if (!optimized || !SameAnswers(plain, *optimized, examples, precision)) {
    return {std::move(frozen), "freeze",
            "optimize_for_inference fails or changes the answers"};
  }
  const double frozen_seconds = Seconds(frozen, examples, precision);
  const double optimized_seconds = Seconds(*optimized, examples, precision);
  const std::string times =
      absl::StrFormat("%.3f ms frozen, %.3f ms optimized", frozen_seconds * 1e3,
                      optimized_seconds * 1e3);
  if (optimized_seconds > kWorthwhile * frozen_seconds) {
    return {std::move(frozen), "freeze", times};
  }
  return {*optimized, "optimize_for_inference", times};
}

at::Tensor MakeExample(DataType type, const Shape& shape) {
  const c10::ScalarType scalar = *ToScalarType(type);
  const c10::IntArrayRef sizes(shape.data(), shape.size());
  if (c10::isFloatingType(scalar)) return at::randn(sizes).to(scalar);
  return at::randint(0, 2, sizes).to(scalar);
}

}  // namespace

absl::StatusOr<OptimizedModule> OptimizeModule(
    Module module, const Tensors& examples, OptimizeMode mode,
    const PrecisionPolicy& precision) {
  RETURN_IF_ERROR(TorchCall([&] { module.eval(); }));
  const std::vector<std::string> others = MethodsBesideForward(module);
  std::optional<Module> frozen = Freeze(module, others);
  if (!frozen) return Unfrozen(module);
  if (auto as_saved = LeaveAsSaved(module, *frozen)) return *as_saved;
  if (mode == OptimizeMode::kOff) {
    return OptimizedModule{module, "none", "switched off"};
  }
  if (mode == OptimizeMode::kFreeze || examples.empty()) {
    return OptimizedModule{*std::move(frozen), "freeze",
                           mode == OptimizeMode::kFreeze
                               ? "switched to freeze"
                               : "no example inputs to compare with"};
  }
  if (!others.empty()) {
    return OptimizedModule{*std::move(frozen), "freeze",
                           "the module has methods beside forward"};
  }
  return ChooseFaster(module, *std::move(frozen), examples, precision);
}

std::vector<at::Tensor> MakeExamples(const ModelSignature& signature) {
  Tensors examples;
  const absl::Status made = TorchCall([&] {
    for (const TensorSpec& input : signature.inputs) {
      if (input.kind != ValueKind::kTensor) return;
      if (!input.type || !input.shape || !ToScalarType(*input.type)) return;
      Shape shape = *input.shape;
      if (signature.max_batch_size > 0 && !shape.empty()) shape[0] = 1;
      if (!ElementCount(shape)) return;
      examples.push_back(MakeExample(*input.type, shape));
    }
  });
  if (!made.ok() || examples.size() != signature.inputs.size()) return {};
  return examples;
}

}  // namespace sconce

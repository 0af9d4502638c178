#include "server/runtime/safe_division.h"

#include <ATen/Functions.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/stack.h>
#include <torch/csrc/jit/runtime/custom_operator.h>
#include <torch/csrc/jit/runtime/operator.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace sconce {
namespace {

using torch::jit::Node;
using torch::jit::Operator;
using torch::jit::Stack;

constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();

// The result where the original would crash; nothing where it need not be
// feared; throws where there is no result.
using Known = std::optional<int64_t> (*)(int64_t a, int64_t b);

void CheckDivisor(int64_t a, int64_t b) {
  if (b == 0) {
    throw std::runtime_error(
        absl::StrCat("integer division or modulo by zero: ", a, " by 0"));
  }
}

std::optional<int64_t> KnownQuotient(int64_t a, int64_t b) {
  CheckDivisor(a, b);
  if (a == kLeast && b == -1) {
    throw std::runtime_error(
        absl::StrCat("integer overflow: ", a, " divided by -1"));
  }
  return std::nullopt;
}

std::optional<int64_t> KnownRemainder(int64_t a, int64_t b) {
  CheckDivisor(a, b);
  return b == -1 ? std::optional<int64_t>(0) : std::nullopt;
}

std::optional<int64_t> KnownGcd(int64_t a, int64_t b) {
  return a == -1 || b == -1 ? std::optional<int64_t>(1) : std::nullopt;
}

struct Division {
  const char* original;  // a literal: LibTorch remembers its address
  Known known;
};

// All operators on scalars of LibTorch 2.11 that raise SIGFPE, found by
// calling each with 0, -1 and the least and greatest integers. Those that
// take any number come last, because the first that fits is taken.
constexpr Division kDivisions[] = {
    {"aten::__round_to_zero_floordiv.int(int a, int b) -> int", KnownQuotient},
    {"aten::floordiv.int(int a, int b) -> int", KnownQuotient},
    {"aten::floordiv(Scalar a, Scalar b) -> Scalar", KnownQuotient},
    {"aten::remainder.int(int a, int b) -> int", KnownRemainder},
    {"aten::remainder(Scalar a, Scalar b) -> Scalar", KnownRemainder},
    {"aten::divmod.int(int x, int y) -> (int, int)", KnownQuotient},
    {"aten::gcd.int(int a, int b) -> int", KnownGcd},
};

// "sconce::floordiv.int…" for "aten::floordiv.int…".
std::string SafeName(absl::string_view original) {
  return absl::StrCat("sconce", original.substr(original.find("::")));
}

Operator SafeOperator(const Division& division) {
  auto run =
      torch::jit::getOperatorForLiteral(division.original)->getOperation();
  return Operator(
      SafeName(division.original),
      [run, known = division.known](Stack& stack) mutable {
        const c10::IValue& a = torch::jit::peek(stack, 0, 2);
        const c10::IValue& b = torch::jit::peek(stack, 1, 2);
        std::optional<int64_t> result;
        if (a.isInt() && b.isInt()) result = known(a.toInt(), b.toInt());
        if (!result) return run(stack);
        torch::jit::drop(stack, 2);
        torch::jit::push(stack, *result);
      },
      c10::AliasAnalysisKind::PURE_FUNCTION);
}

// Throws where a division of tensors that rounds towards zero would divide
// the least integer by -1. Smaller types are computed as int.
void CheckQuotients(Stack& stack) {
  const c10::IValue mode = torch::jit::pop(stack);
  const c10::IValue divisor = torch::jit::pop(stack);
  const at::Tensor a = torch::jit::pop(stack).toTensor();
  if (!mode.isString() || mode.toStringRef() != "trunc") return;
  const at::Tensor b = divisor.isTensor()
                           ? divisor.toTensor()
                           : at::scalar_tensor(divisor.toScalar());
  const c10::ScalarType type = divisor.isTensor()
                                   ? at::result_type(a, b)
                                   : at::result_type(a, divisor.toScalar());
  int64_t least = kLeast;
  if (type == c10::ScalarType::Int) {
    least = std::numeric_limits<int32_t>::min();
  } else if (type != c10::ScalarType::Long) {
    return;
  }
  if (!b.eq(-1).any().item<bool>()) return;
  if (a.eq(least).logical_and(b.eq(-1)).any().item<bool>()) {
    throw std::runtime_error(
        absl::StrCat("integer overflow: ", least, " divided by -1"));
  }
}

bool IsUnsafe(const Node& node) {
  const c10::FunctionSchema* const schema =
      node.kind().is_aten() ? node.maybeSchema() : nullptr;
  if (schema == nullptr) return false;
  const std::string name =
      absl::StrCat(c10::toString(schema->operator_name()), "(");
  return std::any_of(std::begin(kDivisions), std::end(kDivisions),
                     [&](const Division& division) {
                       return absl::StartsWith(division.original, name);
                     });
}

// Whether `node` divides tensors and can be told to round towards zero.
bool DividesTensors(const Node& node) {
  constexpr size_t kRounding = 2;
  const c10::FunctionSchema* const schema =
      node.kind().is_aten() ? node.maybeSchema() : nullptr;
  if (schema == nullptr) return false;
  const std::string& name = schema->name();
  return (name == "aten::div" || name == "aten::div_" ||
          name == "aten::divide" || name == "aten::divide_") &&
         schema->arguments().size() > kRounding &&
         schema->arguments()[kRounding].name() == "rounding_mode";
}

void CheckBefore(Node* node) {
  const auto symbol = c10::Symbol::fromQualString("sconce::check_quotients");
  Node* const check = node->owningGraph()->create(
      symbol, {node->input(0), node->input(1), node->input(2)}, 0);
  check->setSourceRange(node->sourceRange());
  check->insertBefore(node);
}

}  // namespace

void RegisterSafeDivision() {
  static const bool registered = [] {
    for (const Division& division : kDivisions) {
      torch::jit::registerOperator(SafeOperator(division));
    }
    for (const char* divisor :
         {".Tensor(Tensor a, Tensor", ".Scalar(Tensor a, Scalar"}) {
      torch::jit::registerOperator(
          Operator(absl::StrCat("sconce::check_quotients", divisor,
                                " b, str? mode) -> ()"),
                   CheckQuotients, c10::AliasAnalysisKind::CONSERVATIVE));
    }
    return true;
  }();
  static_cast<void>(registered);
}

bool MakeDivisionSafe(Node* node) {
  // Replaced and not guarded by another node: a pass that folds constants
  // calls the operator by itself, and takes an exception for "do not fold".
  if (IsUnsafe(*node)) {
    node->replaceWithNewSymbol(
        c10::Symbol::fromQualString(SafeName(node->kind().toQualString())));
    node->destroy();
    return true;
  }
  if (!DividesTensors(*node)) return false;
  CheckBefore(node);
  return true;
}

}  // namespace sconce

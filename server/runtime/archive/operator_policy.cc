#include "server/runtime/archive/operator_policy.h"

#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "server/base/status_macros.h"
#include "server/runtime/archive/state_setter_rule.h"

namespace sconce {
namespace {

using Tokens = absl::Span<const CodeToken>;

struct DenyRule {
  absl::string_view prefix;  // of the operator's name
  bool is_whole;             // the prefix is the whole name
  absl::string_view why;
};

// server/doc/operators.md says the same.
constexpr DenyRule kDenied[] = {
    {"aten::from_file", true, "reads and writes files"},
    {"aten::save", true, "writes files"},
    {"c10d::", false, "talks to other processes"},
    {"_c10d_functional::", false, "talks to other processes"},
    {"_c10d_functional_autograd::", false, "talks to other processes"},
    {"symm_mem::", false, "shares memory with other processes"},
    {"prim::rpc_", false, "calls other processes"},
    {"aten::rpc_", false, "calls other processes"},
    {"torch.classes.c10d.", false, "talks to other processes"},
    {"torch.classes.dist_c10d.", false, "talks to other processes"},
    {"torch.classes.dist_rpc.", false, "calls other processes"},
    {"_test::", false, "is for tests of PyTorch"},
    {"debugprims::", false, "reads and writes files"},
};

const DenyRule* RuleFor(absl::string_view name) {
  for (const DenyRule& rule : kDenied) {
    if (rule.is_whole ? name == rule.prefix
                      : absl::StartsWith(name, rule.prefix)) {
      return &rule;
    }
  }
  return nullptr;
}

absl::Status Refuse(absl::string_view name, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("the model's code uses ", name, ", which ", why,
                   " and is not allowed; remove it, or start the server with "
                   "--allow-operator=",
                   name, " when you trust the model"));
}

absl::Status WithLine(const absl::Status& status, uint32_t line) {
  if (status.ok()) return status;
  return absl::Status(status.code(),
                      absl::StrCat("line ", line, ": ", status.message()));
}

// `torch.classes.c10d.Work`, also as a type: `__torch__.torch.classes…`.
std::string ClassName(absl::Span<const absl::string_view> names) {
  if (names[0] == "__torch__") names.remove_prefix(1);
  if (names.size() < 3 || names[0] != "torch" || names[1] != "classes") {
    return "";
  }
  return absl::StrJoin(names, ".");
}

// The operator that a dotted name stands for; empty for any other name.
std::string OperatorName(const CodeChain& chain) {
  const std::vector<absl::string_view>& names = chain.names;
  if (chain.is_attribute) return "";
  if (names[0] == "torch" && names.size() > 1) {
    return absl::StrCat("aten::", names[1]);
  }
  if (names[0] == "ops" && names.size() > 2) {
    return absl::StrCat(names[1], "::", names[2]);
  }
  if (absl::StartsWith(names[0], "rpc_")) {
    return absl::StrCat("prim::", names[0]);
  }
  return "";
}

// `x = torch` would hide which operators follow. LibTorch never writes that;
// what it writes is an attribute or argument of that name.
bool HidesOperators(Tokens tokens, const CodeChain& chain) {
  const absl::string_view head = chain.names[0];
  const bool is_cut = (head == "torch" && chain.names.size() < 2) ||
                      (head == "ops" && chain.names.size() < 3);
  return is_cut && !chain.is_attribute && !IsFollowedBy(tokens, chain, ":") &&
         !IsFollowedBy(tokens, chain, "=");
}

}  // namespace

bool OperatorPolicy::IsAllowed(absl::string_view name) const {
  return allowed_.count(std::string(name)) > 0;
}

absl::Status OperatorPolicy::CheckOperator(absl::string_view name) const {
  const DenyRule* const rule = RuleFor(name);
  if (rule == nullptr || IsAllowed(name)) return absl::OkStatus();
  return Refuse(name, rule->why);
}

absl::Status OperatorPolicy::CheckChain(Tokens tokens,
                                        const CodeChain& chain) const {
  if (HidesOperators(tokens, chain)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the model's code uses '", chain.names[0],
        "' without the name of an operator, which hides what it calls; export "
        "the model again with torch.jit.save"));
  }
  RETURN_IF_ERROR(CheckOperator(OperatorName(chain)));
  return CheckOperator(ClassName(chain.names));
}

absl::Status OperatorPolicy::CheckStateSetters(Tokens tokens) const {
  if (IsAllowed("__setstate__")) return absl::OkStatus();
  const std::optional<StateSetterFault> fault = FindStateSetterFault(tokens);
  if (!fault) return absl::OkStatus();
  return WithLine(
      Refuse("__setstate__",
             absl::StrCat("runs while the model is loaded, ", fault->what)),
      fault->line);
}

absl::Status OperatorPolicy::CheckCode(Tokens tokens) const {
  for (const CodeChain& chain : FindChains(tokens)) {
    RETURN_IF_ERROR(WithLine(CheckChain(tokens, chain), chain.line));
  }
  return CheckStateSetters(tokens);
}

}  // namespace sconce

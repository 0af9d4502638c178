#include "server/runtime/archive/state_setter_rule.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "server/runtime/archive/code_chains.h"
#include "server/runtime/archive/code_methods.h"

namespace sconce {
namespace {

using Tokens = absl::Span<const CodeToken>;

constexpr char kSetter[] = "__setstate__";

constexpr absl::string_view kCalls[] = {
    "annotate",      "unchecked_cast",
    "uninitialized", "torch.eq",
    "torch.ne",      "torch.len",
    "torch.__is__",  "torch.__isnot__",
    "torch.__not__", "ops.prim.RaiseException",
};

constexpr absl::string_view kBeforeBracket[] = {
    "if", "elif", "return", "and", "or", "not", "in", "is", "else", "assert"};

template <typename List>
bool Contains(const List& list, absl::string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

bool IsPrepack(const CodeChain& call) {
  return call.names.size() == 3 && call.names[0] == "ops" &&
         call.names[1] == "quantized" &&
         absl::StrContains(call.names[2], "prepack");
}

// `(self).` before the chain, as LibTorch writes it.
bool IsOfSelf(Tokens body, const CodeChain& chain) {
  return chain.begin >= 4 && body[chain.begin - 2].Is(")") &&
         body[chain.begin - 3].Is("self") && body[chain.begin - 4].Is("(");
}

// The method that a call of `(self).name` or `self.name` means.
std::optional<absl::string_view> OwnMethod(Tokens body, const CodeChain& call) {
  if (call.is_attribute && call.names.size() == 1 && IsOfSelf(body, call)) {
    return call.names[0];
  }
  if (!call.is_attribute && call.names.size() == 2 && call.names[0] == "self") {
    return call.names[1];
  }
  return std::nullopt;
}

// A call of what an expression gives: `f(x)(y)`, `list[0](y)`.
std::optional<StateSetterFault> FindAnonymousCall(Tokens body) {
  for (size_t at = 1; at < body.size(); ++at) {
    const CodeToken& before = body[at - 1];
    if (body[at].Is("(") && (before.Is(")") || before.Is("]"))) {
      return StateSetterFault{body[at].line, "calls what an expression gives"};
    }
  }
  return std::nullopt;
}

// Looks through one method; the methods of its class that it calls are added
// to `*wanted`.
std::optional<StateSetterFault> FindFault(
    Tokens body, std::vector<absl::string_view>* wanted) {
  for (const CodeChain& chain : FindChains(body)) {
    const std::string name = absl::StrJoin(chain.names, ".");
    if (name == "for" || name == "while") {
      return StateSetterFault{chain.line, "has a loop"};
    }
    if (!IsFollowedBy(body, chain, "(") || Contains(kBeforeBracket, name)) {
      continue;
    }
    if (const auto method = OwnMethod(body, chain)) {
      if (!Contains(*wanted, *method)) wanted->push_back(*method);
    } else if (chain.is_attribute ||
               (!IsPrepack(chain) && !Contains(kCalls, name))) {
      return StateSetterFault{chain.line, absl::StrCat("calls ", name)};
    }
  }
  return FindAnonymousCall(body);
}

// The setter of one class with all of the class that it calls.
std::optional<StateSetterFault> FindFaultOfClass(
    const std::vector<CodeMethod>& methods, absl::string_view class_name) {
  std::vector<absl::string_view> wanted = {kSetter};
  for (size_t next = 0; next < wanted.size(); ++next) {
    for (const CodeMethod& method : methods) {
      if (method.class_name != class_name || method.name != wanted[next]) {
        continue;
      }
      if (auto fault = FindFault(method.body, &wanted)) return fault;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<StateSetterFault> FindStateSetterFault(Tokens tokens) {
  const std::vector<CodeMethod> methods = FindMethods(tokens);
  for (const CodeMethod& method : methods) {
    if (method.name != kSetter) continue;
    if (auto fault = FindFaultOfClass(methods, method.class_name)) return fault;
  }
  return std::nullopt;
}

}  // namespace sconce

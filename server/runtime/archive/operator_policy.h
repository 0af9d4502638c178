// OperatorPolicy: which operators a model's code may name. The list is
// described in server/doc/operators.md.
#ifndef SERVER_RUNTIME_ARCHIVE_OPERATOR_POLICY_H_
#define SERVER_RUNTIME_ARCHIVE_OPERATOR_POLICY_H_

#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "server/runtime/archive/code_chains.h"
#include "server/runtime/archive/code_tokens.h"

namespace sconce {

// Immutable after construction.
class OperatorPolicy {
 public:
  // `allowed` names what is open though it is on the list: "aten::save",
  // "torch.classes.c10d.ProcessGroup", "__setstate__".
  explicit OperatorPolicy(std::set<std::string> allowed)
      : allowed_(std::move(allowed)) {}

  // OK when `name`, e.g. "aten::add", may be used. Else INVALID_ARGUMENT with
  // what it does and how to allow it.
  absl::Status CheckOperator(absl::string_view name) const;

  // The same for everything that one source names, with the line.
  absl::Status CheckCode(absl::Span<const CodeToken> tokens) const;

 private:
  absl::Status CheckChain(absl::Span<const CodeToken> tokens,
                          const CodeChain& chain) const;
  absl::Status CheckStateSetters(absl::Span<const CodeToken> tokens) const;
  bool IsAllowed(absl::string_view name) const;

  const std::set<std::string> allowed_;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_ARCHIVE_OPERATOR_POLICY_H_

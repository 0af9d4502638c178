// Which __setstate__ methods may run. They run while LibTorch loads an
// archive, before anything else of it was looked at.
#ifndef SERVER_RUNTIME_ARCHIVE_STATE_SETTER_RULE_H_
#define SERVER_RUNTIME_ARCHIVE_STATE_SETTER_RULE_H_

#include <optional>
#include <string>

#include "absl/types/span.h"

#include "server/runtime/archive/code_tokens.h"

namespace sconce {

// The first statement in the __setstate__ methods of one source, or in methods
// of their class that they call, that does more than quantized modules need:
// assign, compare, raise, and pack weights with ops.quantized.*prepack*.
struct StateSetterFault {
  uint32_t line = 0;
  std::string what;  // "calls torch.rand"
};

std::optional<StateSetterFault> FindStateSetterFault(
    absl::Span<const CodeToken> tokens);

}  // namespace sconce

#endif  // SERVER_RUNTIME_ARCHIVE_STATE_SETTER_RULE_H_

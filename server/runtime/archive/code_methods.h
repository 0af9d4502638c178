// The methods of the classes in TorchScript source.
#ifndef SERVER_RUNTIME_ARCHIVE_CODE_METHODS_H_
#define SERVER_RUNTIME_ARCHIVE_CODE_METHODS_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "server/runtime/archive/code_tokens.h"

namespace sconce {

struct CodeMethod {
  absl::string_view class_name;  // empty for a function
  absl::string_view name;
  uint32_t line = 0;
  absl::Span<const CodeToken> body;  // what follows the name
};

// Every `def` of `tokens`, which the result refers to.
std::vector<CodeMethod> FindMethods(absl::Span<const CodeToken> tokens);

}  // namespace sconce

#endif  // SERVER_RUNTIME_ARCHIVE_CODE_METHODS_H_

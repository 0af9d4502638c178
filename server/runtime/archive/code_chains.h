// Dotted names in TorchScript source: `torch.add`, `ops.quantized.linear`.
#ifndef SERVER_RUNTIME_ARCHIVE_CODE_CHAINS_H_
#define SERVER_RUNTIME_ARCHIVE_CODE_CHAINS_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "server/runtime/archive/code_tokens.h"

namespace sconce {

struct CodeChain {
  std::vector<absl::string_view> names;
  uint32_t line = 0;
  size_t begin = 0;  // its first token
  size_t end = 0;    // the token behind it
  // It is an attribute of what an expression gives: `(x).size`.
  bool is_attribute = false;
};

// All names of `tokens` in their order; keywords are names too.
std::vector<CodeChain> FindChains(absl::Span<const CodeToken> tokens);

// Whether the token behind `chain` is `sign`.
bool IsFollowedBy(absl::Span<const CodeToken> tokens, const CodeChain& chain,
                  absl::string_view sign);

}  // namespace sconce

#endif  // SERVER_RUNTIME_ARCHIVE_CODE_CHAINS_H_

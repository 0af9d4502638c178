// A limit to what LibTorch's parser has to recurse into.
#ifndef SERVER_RUNTIME_ARCHIVE_CODE_NESTING_H_
#define SERVER_RUNTIME_ARCHIVE_CODE_NESTING_H_

#include <cstddef>
#include <vector>

#include "absl/status/status.h"

#include "server/runtime/archive/code_tokens.h"

namespace sconce {

constexpr size_t kMaxNesting = 256;
constexpr size_t kMaxSlot = 2048;

// INVALID_ARGUMENT, with the line, for code whose parser LibTorch would run
// out of its stack with: brackets or blocks nested deeper than kMaxNesting, or
// more than kMaxSlot tokens between two commas. LibTorch 2.11 crashes from
// some 3 000 brackets and some 10 000 operators in a row.
absl::Status CheckCodeNesting(const std::vector<CodeToken>& tokens);

}  // namespace sconce

#endif  // SERVER_RUNTIME_ARCHIVE_CODE_NESTING_H_

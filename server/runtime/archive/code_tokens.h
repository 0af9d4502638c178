// The tokens of TorchScript source, as LibTorch's lexer finds them.
#ifndef SERVER_RUNTIME_ARCHIVE_CODE_TOKENS_H_
#define SERVER_RUNTIME_ARCHIVE_CODE_TOKENS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sconce {

struct CodeToken {
  enum class Kind : uint8_t { kName, kNumber, kString, kSign };

  Kind kind = Kind::kSign;
  absl::string_view text;  // of the source; a sign is one character
  uint32_t line = 0;       // from 1
  int indent = -1;         // of the first token of a statement, else -1

  bool Is(absl::string_view wanted) const {
    return kind != Kind::kString && text == wanted;
  }
};

// The tokens of `source`, which they refer to. Comments are left out but for
// type comments, which LibTorch parses. INVALID_ARGUMENT for a string that
// does not end and for brackets that do not match, with the line.
absl::StatusOr<std::vector<CodeToken>> TokenizeCode(absl::string_view source);

}  // namespace sconce

#endif  // SERVER_RUNTIME_ARCHIVE_CODE_TOKENS_H_

#include "server/runtime/archive/code_methods.h"

namespace sconce {
namespace {

// Whether a statement `keyword name` begins at `at`.
bool Begins(absl::Span<const CodeToken> tokens, size_t at,
            absl::string_view keyword) {
  return tokens[at].indent >= 0 && tokens[at].Is(keyword) &&
         at + 1 < tokens.size();
}

// The first token from `at` that begins a statement indented no more than
// `indent`.
size_t EndOfBlock(absl::Span<const CodeToken> tokens, size_t at, int indent) {
  while (at < tokens.size() &&
         (tokens[at].indent < 0 || tokens[at].indent > indent)) {
    ++at;
  }
  return at;
}

}  // namespace

std::vector<CodeMethod> FindMethods(absl::Span<const CodeToken> tokens) {
  std::vector<CodeMethod> methods;
  absl::string_view class_name;
  size_t class_end = 0;
  for (size_t at = 0; at < tokens.size(); ++at) {
    if (Begins(tokens, at, "class")) {
      class_name = tokens[at + 1].text;
      class_end = EndOfBlock(tokens, at + 1, tokens[at].indent);
    } else if (Begins(tokens, at, "def")) {
      const size_t end = EndOfBlock(tokens, at + 1, tokens[at].indent);
      methods.push_back(
          {at < class_end ? class_name : absl::string_view(),
           tokens[at + 1].text, tokens[at].line,
           tokens.subspan(at + 2, end > at + 2 ? end - at - 2 : 0)});
    }
  }
  return methods;
}

}  // namespace sconce

#include "server/runtime/archive/code_chains.h"

#include <utility>

namespace sconce {
namespace {

bool IsName(absl::Span<const CodeToken> tokens, size_t at) {
  return at < tokens.size() && tokens[at].kind == CodeToken::Kind::kName;
}

bool IsDot(absl::Span<const CodeToken> tokens, size_t at) {
  return at < tokens.size() && tokens[at].Is(".");
}

CodeChain ChainFrom(absl::Span<const CodeToken> tokens, size_t begin) {
  CodeChain chain{{tokens[begin].text},
                  tokens[begin].line,
                  begin,
                  begin + 1,
                  begin > 0 && IsDot(tokens, begin - 1)};
  while (IsDot(tokens, chain.end) && IsName(tokens, chain.end + 1)) {
    chain.names.push_back(tokens[chain.end + 1].text);
    chain.end += 2;
  }
  return chain;
}

}  // namespace

std::vector<CodeChain> FindChains(absl::Span<const CodeToken> tokens) {
  std::vector<CodeChain> chains;
  for (size_t at = 0; at < tokens.size(); ++at) {
    if (!IsName(tokens, at)) continue;
    chains.push_back(ChainFrom(tokens, at));
    at = chains.back().end - 1;
  }
  return chains;
}

bool IsFollowedBy(absl::Span<const CodeToken> tokens, const CodeChain& chain,
                  absl::string_view sign) {
  return chain.end < tokens.size() && tokens[chain.end].Is(sign);
}

}  // namespace sconce

#include "server/runtime/archive/code_nesting.h"

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"

namespace sconce {
namespace {

class NestingCheck {
 public:
  absl::Status Add(const CodeToken& token);

 private:
  void BeginStatement(int indent);

  std::vector<int> blocks_;          // how far each is indented
  std::vector<size_t> slots_ = {0};  // tokens since a comma, by bracket
};

absl::Status TooDeep(const CodeToken& token, absl::string_view what,
                     size_t limit) {
  return absl::InvalidArgumentError(absl::StrCat(
      "line ", token.line, ": the model's code has ", what,
      "; expected at most ", limit,
      ", because more crash LibTorch's parser; write it in several steps and "
      "export the model again"));
}

void NestingCheck::BeginStatement(int indent) {
  while (!blocks_.empty() && blocks_.back() >= indent) blocks_.pop_back();
  blocks_.push_back(indent);
  slots_.assign(1, 0);
}

absl::Status NestingCheck::Add(const CodeToken& token) {
  if (token.indent >= 0) BeginStatement(token.indent);
  if (blocks_.size() > kMaxNesting) {
    return TooDeep(token, "blocks nested too deeply", kMaxNesting);
  }
  const char sign = token.kind == CodeToken::Kind::kSign ? token.text[0] : ' ';
  if (sign == ',') {
    slots_.back() = 0;
  } else if (++slots_.back() > kMaxSlot) {
    return TooDeep(token, "an expression of too many parts", kMaxSlot);
  }
  if (sign == '(' || sign == '[' || sign == '{') slots_.push_back(0);
  if ((sign == ')' || sign == ']' || sign == '}') && slots_.size() > 1) {
    slots_.pop_back();
  }
  if (slots_.size() <= kMaxNesting) return absl::OkStatus();
  return TooDeep(token, "brackets nested too deeply", kMaxNesting);
}

}  // namespace

absl::Status CheckCodeNesting(const std::vector<CodeToken>& tokens) {
  NestingCheck check;
  for (const CodeToken& token : tokens) RETURN_IF_ERROR(check.Add(token));
  return absl::OkStatus();
}

}  // namespace sconce

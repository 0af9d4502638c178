#include "server/runtime/archive/code_tokens.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"

namespace sconce {
namespace {

using Kind = CodeToken::Kind;

bool IsNameStart(char c) { return absl::ascii_isalpha(c) || c == '_'; }
bool IsNamePart(char c) { return IsNameStart(c) || absl::ascii_isdigit(c); }

// One pass over a source.
class Tokenizer {
 public:
  explicit Tokenizer(absl::string_view source) : source_(source) {}

  absl::StatusOr<std::vector<CodeToken>> Run();

 private:
  bool AtEnd() const { return position_ == source_.size(); }
  absl::string_view Rest() const { return source_.substr(position_); }
  void EndLine();
  void SkipComment();
  absl::Status Fault(absl::string_view fault) const;
  absl::Status TakeString();
  absl::Status TakeSign();
  void TakeWhile(Kind kind, bool (*is_part)(char));
  void Add(Kind kind, size_t length);

  const absl::string_view source_;
  size_t position_ = 0;
  size_t line_begin_ = 0;
  uint32_t line_ = 1;
  bool begins_statement_ = true;
  size_t brackets_ = 0;
  std::vector<CodeToken> tokens_;
};

absl::StatusOr<std::vector<CodeToken>> Tokenizer::Run() {
  while (!AtEnd()) {
    const char c = source_[position_];
    if (c == '\n') {
      EndLine();
    } else if (c == '#') {
      SkipComment();
    } else if (absl::ascii_isspace(c)) {
      ++position_;
    } else if (c == '"' || c == '\'') {
      RETURN_IF_ERROR(TakeString());
    } else if (IsNameStart(c)) {
      TakeWhile(Kind::kName, IsNamePart);
    } else if (absl::ascii_isdigit(c)) {
      TakeWhile(Kind::kNumber, IsNamePart);
    } else {
      RETURN_IF_ERROR(TakeSign());
    }
  }
  return std::move(tokens_);
}

void Tokenizer::EndLine() {
  ++position_;
  ++line_;
  line_begin_ = position_;
  begins_statement_ = brackets_ == 0;
}

// What follows "# type:" is parsed as types.
void Tokenizer::SkipComment() {
  const absl::string_view line = Rest().substr(0, Rest().find('\n'));
  const absl::string_view text =
      absl::StripLeadingAsciiWhitespace(line.substr(1));
  position_ += absl::StartsWith(text, "type:") ? 1 : line.size();
}

absl::Status Tokenizer::Fault(absl::string_view fault) const {
  return absl::InvalidArgumentError(
      absl::StrCat("line ", line_, ": the model's code ", fault,
                   ", which torch.jit.save does not write; export the model "
                   "again"));
}

// LibTorch knows 'a', "a" and both tripled, a backslash before any character,
// and none of the prefixes of Python.
absl::Status Tokenizer::TakeString() {
  const char quote = source_[position_];
  const bool is_triple = absl::StartsWith(Rest(), std::string(3, quote));
  const std::string end(is_triple ? 3 : 1, quote);
  size_t at = position_ + end.size();
  uint32_t lines = 0;
  while (at < source_.size() && !absl::StartsWith(source_.substr(at), end)) {
    if (source_[at] == '\n' && !is_triple) break;
    if (source_[at] == '\\' && at + 1 < source_.size()) ++at;
    lines += source_[at] == '\n';
    ++at;
  }
  if (!absl::StartsWith(source_.substr(std::min(at, source_.size())), end)) {
    return Fault("has a string without an end");
  }
  Add(Kind::kString, at + end.size() - position_);
  line_ += lines;
  return absl::OkStatus();
}

absl::Status Tokenizer::TakeSign() {
  const char c = source_[position_];
  const bool opens = c == '(' || c == '[' || c == '{';
  const bool closes = c == ')' || c == ']' || c == '}';
  if (closes && brackets_ == 0) {
    return Fault("closes a bracket that was not opened");
  }
  brackets_ += opens;
  brackets_ -= closes;
  if (c == '\\') {
    ++position_;
    // The next line goes on with this one.
    if (!AtEnd() && source_[position_] == '\n') {
      EndLine();
      begins_statement_ = false;
    }
    return absl::OkStatus();
  }
  Add(Kind::kSign, 1);
  return absl::OkStatus();
}

void Tokenizer::TakeWhile(Kind kind, bool (*is_part)(char)) {
  size_t end = position_;
  while (end < source_.size() && is_part(source_[end])) ++end;
  Add(kind, end - position_);
}

void Tokenizer::Add(Kind kind, size_t length) {
  const int indent =
      begins_statement_ ? static_cast<int>(position_ - line_begin_) : -1;
  begins_statement_ = false;
  tokens_.push_back({kind, source_.substr(position_, length), line_, indent});
  position_ += length;
}

}  // namespace

absl::StatusOr<std::vector<CodeToken>> TokenizeCode(absl::string_view source) {
  return Tokenizer(source).Run();
}

}  // namespace sconce

#include "server/sources/config_text.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace sconce {
namespace {

// Keeps the first syntax error, with its place in the text.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    if (text_.empty()) {
      text_ = absl::StrCat("line ", line + 1, ", column ", column + 1, ": ",
                           message);
    }
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// "line 3, column 7" of a byte of `text`.
std::string PlaceOf(const std::string& text, size_t at) {
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(at);
  const auto line = 1 + std::count(text.begin(), end, '\n');
  const size_t before = at == 0 ? std::string::npos : text.rfind('\n', at - 1);
  const size_t column = before == std::string::npos ? at + 1 : at - before;
  return absl::StrCat("line ", line, ", column ", column, ": ");
}

// The parser's message of an error in the syntax has three parts: a sentence,
// some of the text around the place (with its line ends), and a caret below
// the place. Of a value that does not fit it is one line that names the field.
std::string JsonError(const std::string& text, absl::string_view message) {
  const size_t sentence_end = message.find('\n');
  const size_t caret_line = message.rfind('\n');
  if (sentence_end == caret_line || !absl::EndsWith(message, "^")) {
    return std::string(absl::StripPrefix(message, ": "));
  }
  const absl::string_view sentence = message.substr(0, sentence_end);
  const absl::string_view around =
      message.substr(sentence_end + 1, caret_line - sentence_end - 1);
  const size_t caret = std::min(around.size(), message.size() - caret_line - 2);
  if (around.empty()) {
    return absl::StrCat(PlaceOf(text, text.size()), sentence);
  }
  // A snippet that occurs twice does not tell the place.
  const size_t first = text.find(std::string(around));
  if (first == std::string::npos || first != text.rfind(std::string(around))) {
    return absl::StrCat("near ", around.substr(caret), ": ", sentence);
  }
  return absl::StrCat(PlaceOf(text, first + caret), sentence);
}

}  // namespace

absl::StatusOr<inference::ModelConfig> ModelConfigOfText(
    const std::string& text) {
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  inference::ModelConfig config;
  if (!parser.ParseFromString(text, &config)) {
    return absl::InvalidArgumentError(
        absl::StrCat("not valid: ", error.text()));
  }
  return config;
}

absl::StatusOr<inference::ModelConfig> ModelConfigOfJson(
    const std::string& text) {
  inference::ModelConfig config;
  const auto parsed =
      google::protobuf::util::JsonStringToMessage(text, &config);
  if (parsed.ok()) return config;
  const auto message = parsed.message();
  return absl::InvalidArgumentError(absl::StrCat(
      "not the JSON of a ModelConfig: ",
      JsonError(text, absl::string_view(message.data(), message.size()))));
}

}  // namespace sconce

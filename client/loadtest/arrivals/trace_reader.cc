#include "client/loadtest/arrivals/trace_reader.h"

#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace sconce::load {
namespace {

// Spreadsheets begin a file so.
constexpr char kByteOrderMark[] = "\xef\xbb\xbf";

// About thirty years.
constexpr double kMostSeconds = 1e9;

std::string Plain(absl::string_view field) {
  field = absl::StripAsciiWhitespace(field);
  if (field.size() > 1 && field.front() == '"' && field.back() == '"') {
    field = field.substr(1, field.size() - 2);
  }
  return std::string(field);
}

std::optional<size_t> Find(const std::vector<std::string>& columns,
                           absl::string_view name) {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i] == name) return i;
  }
  return std::nullopt;
}

}  // namespace

TraceReader::TraceReader(std::string path)
    : path_(std::move(path)), file_(path_) {}

absl::StatusOr<std::optional<TraceLine>> TraceReader::Next() {
  if (!seconds_column_) {
    const absl::Status header = ReadHeader();
    if (!header.ok()) return header;
  }
  std::vector<std::string> fields;
  if (!ReadFields(&fields)) return std::nullopt;
  auto line = Parse(fields);
  if (!line.ok()) return line.status();
  return std::optional<TraceLine>(*std::move(line));
}

absl::Status TraceReader::ReadHeader() {
  if (!file_.is_open()) {
    return absl::NotFoundError(
        absl::StrCat("cannot read the trace \"", path_, "\""));
  }
  std::vector<std::string> columns;
  if (!ReadFields(&columns)) {
    return Wrong("the file is empty; expected a header with \"seconds\"");
  }
  columns[0] = std::string(absl::StripPrefix(columns[0], kByteOrderMark));
  seconds_column_ = Find(columns, "seconds");
  entry_column_ = Find(columns, "entry");
  if (seconds_column_) return absl::OkStatus();
  return Wrong("no column \"seconds\"; expected a header like seconds,entry");
}

// Passes over lines without anything.
bool TraceReader::ReadFields(std::vector<std::string>* fields) {
  std::string line;
  while (std::getline(file_, line)) {
    ++number_;
    if (absl::StripAsciiWhitespace(line).empty()) continue;
    for (const auto field : absl::StrSplit(line, ',')) {
      fields->push_back(Plain(field));
    }
    return true;
  }
  return false;
}

absl::StatusOr<TraceLine> TraceReader::Parse(
    const std::vector<std::string>& fields) {
  TraceLine line{.number = number_};
  if (*seconds_column_ >= fields.size()) return Wrong("no \"seconds\" in it");
  const std::string& text = fields[*seconds_column_];
  if (!absl::SimpleAtod(text, &line.seconds) || !std::isfinite(line.seconds) ||
      line.seconds < 0 || line.seconds > kMostSeconds) {
    return Wrong(absl::StrCat(
        "\"", text, "\" is no time; expected seconds since the begin"));
  }
  if (line.seconds < latest_) {
    return Wrong(absl::StrCat("time ", text, " after ", latest_,
                              "; expected times that do not decrease"));
  }
  latest_ = line.seconds;
  if (entry_column_ && *entry_column_ < fields.size()) {
    line.entry = fields[*entry_column_];
  }
  return line;
}

absl::Status TraceReader::Wrong(absl::string_view what) const {
  return absl::InvalidArgumentError(
      absl::StrCat("trace \"", path_, "\", line ", number_, ": ", what));
}

}  // namespace sconce::load

#include "client/loadtest/report/text_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sconce::load {
namespace {

constexpr size_t kGap = 2;

std::string Padded(const std::string& cell, size_t width, bool first) {
  const std::string space(width - cell.size(), ' ');
  return first ? cell + space : std::string(kGap, ' ') + space + cell;
}

}  // namespace

void TextTable::Add(std::vector<std::string> row) {
  rows_.push_back(std::move(row));
}

std::vector<size_t> TextTable::Widths() const {
  std::vector<size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  return widths;
}

std::string TextTable::Text() const {
  const std::vector<size_t> widths = Widths();
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += Padded(row[i], widths[i], i == 0);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    absl::StrAppend(&text, line, "\n");
  }
  return text;
}

}  // namespace sconce::load

#include "client/loadtest/measure/prometheus_page.h"

#include <cmath>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace sconce::load {
namespace {

// Where the labels end that begin at `begin`; the end of the line where they do
// not. A value may hold any character, a quotation mark after a backslash.
size_t EndOfLabels(absl::string_view line, size_t begin) {
  bool quoted = false;
  for (size_t i = begin; i < line.size(); ++i) {
    if (quoted && line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && line[i] == '}') {
      return i + 1;
    }
  }
  return line.size();
}

// NAME[{LABELS}] VALUE [TIMESTAMP]
void AddSample(absl::string_view line, PrometheusSums* sums) {
  const size_t name_end = line.find_first_of("{ \t");
  if (line.empty() || line[0] == '#' || name_end == line.npos) return;
  const bool labels = line[name_end] == '{';
  const size_t rest = labels ? EndOfLabels(line, name_end) : name_end;
  const std::vector<absl::string_view> fields = absl::StrSplit(
      line.substr(rest), absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
  double value = 0;
  if (fields.empty() || !absl::SimpleAtod(fields[0], &value)) return;
  if (!std::isfinite(value)) return;
  (*sums)[std::string(line.substr(0, name_end))] += value;
}

}  // namespace

PrometheusSums SumByName(absl::string_view page) {
  PrometheusSums sums;
  for (const absl::string_view line : absl::StrSplit(page, '\n')) {
    AddSample(line, &sums);
  }
  return sums;
}

}  // namespace sconce::load

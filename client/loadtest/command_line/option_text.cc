#include "client/loadtest/command_line/option_text.h"

#include <CLI/CLI.hpp>

#include <cmath>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace sconce::load {
namespace {

// Of rates and seconds alike: nothing that makes sense is larger.
constexpr double kMost = 1e7;

[[noreturn]] void Refuse(const std::string& option, absl::string_view text,
                         absl::string_view expected) {
  throw CLI::ValidationError(option,
                             absl::StrCat("'", text, "'; expected ", expected));
}

double ReadNumber(const std::string& option, absl::string_view text,
                  absl::string_view expected) {
  double number = 0;
  if (!absl::SimpleAtod(text, &number) || !(number >= 0 && number <= kMost)) {
    Refuse(option, text, expected);
  }
  return number;
}

}  // namespace

std::vector<double> ReadNumbers(const std::string& option,
                                const std::string& text,
                                const NumberList& list) {
  std::vector<double> numbers;
  for (const auto part : absl::StrSplit(text, list.separator)) {
    numbers.push_back(ReadNumber(option, part, list.form));
  }
  if (numbers.size() < list.least || numbers.size() > list.most) {
    Refuse(option, text, list.form);
  }
  return numbers;
}

void ReadSlo(const std::string& option, const std::string& text,
             RunSetup* setup) {
  constexpr char kForm[] = "MS or MS@PERCENT, e.g. 50@99.9";
  const std::vector<std::string> parts = absl::StrSplit(text, '@');
  const double milliseconds = ReadNumber(option, parts[0], kForm);
  const double percent =
      parts.size() == 1 ? 99 : ReadNumber(option, parts[1], kForm);
  if (parts.size() > 2 || milliseconds == 0 || percent == 0 || percent >= 100) {
    Refuse(option, text, kForm);
  }
  setup->slo = std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double, std::milli>(milliseconds));
  setup->slo_percentile = percent;
}

void ReadModel(const std::string& option, const std::string& text,
               EntrySpec* entry) {
  const size_t at = text.rfind('@');
  entry->model = text.substr(0, at);
  entry->version = at == std::string::npos ? "" : text.substr(at + 1);
  if (entry->model.empty() ||
      (at != std::string::npos && entry->version.empty())) {
    Refuse(option, text, "NAME[:METHOD][@VERSION]");
  }
}

std::pair<std::string, std::string> ReadNamed(const std::string& option,
                                              const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos || equals + 1 == text.size()) {
    Refuse(option, text, "NAME=…");
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

void ReadShape(const std::string& option, const std::string& text,
               EntrySpec* entry) {
  const auto [name, sizes] = ReadNamed(option, text);
  std::vector<int64_t>& shape = entry->shapes[name];
  shape.clear();
  for (const auto part : absl::StrSplit(sizes, ',')) {
    int64_t size = 0;
    if (!absl::SimpleAtoi(part, &size) || size < -1) {
      Refuse(option, text, "NAME=SIZE,SIZE,…");
    }
    shape.push_back(size);
  }
}

std::string HostOf(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos || absl::StrContains(address, "/") ||
      absl::StrContains(address, ",")) {
    return "";
  }
  return address.substr(0, colon);
}

bool IsThisMachine(const std::string& host) {
  return host == "localhost" || host == "[::1]" ||
         absl::StartsWith(host, "127.");
}

}  // namespace sconce::load

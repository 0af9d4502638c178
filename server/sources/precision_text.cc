#include "server/sources/precision_text.h"

#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace sconce {
namespace {

std::optional<double> ParseNumber(absl::string_view text) {
  double number = 0;
  if (!absl::SimpleAtod(text, &number)) return std::nullopt;
  if (!std::isfinite(number) || std::signbit(number)) return std::nullopt;
  return number;
}

}  // namespace

std::optional<Tolerance> ParseTolerance(absl::string_view text) {
  std::optional<double> relative;
  std::optional<double> absolute;
  for (absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(word, absl::MaxSplits('=', 1));
    std::optional<double>* const part = parts.first == "rtol"   ? &relative
                                        : parts.first == "atol" ? &absolute
                                                                : nullptr;
    if (part == nullptr || part->has_value()) return std::nullopt;
    *part = ParseNumber(parts.second);
    if (!part->has_value()) return std::nullopt;
  }
  if (!relative || !absolute) return std::nullopt;
  return Tolerance{*relative, *absolute};
}

}  // namespace sconce

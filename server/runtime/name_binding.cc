#include "server/runtime/name_binding.h"

#include <numeric>

#include "absl/algorithm/container.h"
#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"

namespace sconce {
namespace {

using Indices = std::vector<size_t>;

std::optional<Indices> BindByName(absl::Span<const std::string> declared,
                                  absl::Span<const std::string> actual) {
  Indices indices;
  for (const std::string& name : declared) {
    const auto found = absl::c_find(actual, name);
    if (found == actual.end()) return std::nullopt;
    indices.push_back(static_cast<size_t>(found - actual.begin()));
  }
  return indices;
}

std::optional<Indices> BindBySuffix(absl::Span<const std::string> declared,
                                    size_t actual) {
  Indices indices;
  for (absl::string_view name : declared) {
    const size_t at = name.rfind("__");
    size_t index = 0;
    if (at == absl::string_view::npos ||
        !absl::SimpleAtoi(name.substr(at + 2), &index) || index >= actual) {
      return std::nullopt;
    }
    indices.push_back(index);
  }
  return indices;
}

std::optional<Indices> BindByPosition(size_t declared, size_t actual) {
  if (declared != actual) return std::nullopt;
  Indices indices(declared);
  std::iota(indices.begin(), indices.end(), size_t{0});
  return indices;
}

}  // namespace

std::optional<std::vector<size_t>> BindNames(
    absl::Span<const std::string> declared,
    absl::Span<const std::string> actual) {
  if (auto indices = BindByName(declared, actual)) return indices;
  if (auto indices = BindBySuffix(declared, actual.size())) return indices;
  return BindByPosition(declared.size(), actual.size());
}

}  // namespace sconce

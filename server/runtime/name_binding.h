// How the names in a config file meet the names a model has.
#ifndef SERVER_RUNTIME_NAME_BINDING_H_
#define SERVER_RUNTIME_NAME_BINDING_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"

namespace sconce {

// For each of `declared` the index in `actual` that it means:
//   every declared name is an actual one      by name
//   every declared name ends in __<index>     by that index
//   as many declared as actual                by position
// Nothing when none of these holds.
std::optional<std::vector<size_t>> BindNames(
    absl::Span<const std::string> declared,
    absl::Span<const std::string> actual);

}  // namespace sconce

#endif  // SERVER_RUNTIME_NAME_BINDING_H_

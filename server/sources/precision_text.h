// Reads the parameter sconce.tolerance of a model's configuration.
#ifndef SERVER_SOURCES_PRECISION_TEXT_H_
#define SERVER_SOURCES_PRECISION_TEXT_H_

#include <optional>

#include "absl/strings/string_view.h"

#include "server/tensor/golden_example.h"

namespace sconce {

// "rtol=1e-2 atol=1e-3", in any order; both finite and not negative. Nothing
// for any other text.
std::optional<Tolerance> ParseTolerance(absl::string_view text);

}  // namespace sconce

#endif  // SERVER_SOURCES_PRECISION_TEXT_H_

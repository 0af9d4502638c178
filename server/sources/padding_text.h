// Reads the parameter sconce.padding of a model's configuration.
#ifndef SERVER_SOURCES_PADDING_TEXT_H_
#define SERVER_SOURCES_PADDING_TEXT_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "server/core/servable_config.h"
#include "server/tensor/padding.h"

namespace sconce {

// doc/model_config.md has the form of `text`. `config` holds what the same file
// declares: names, types and shapes. INVALID_ARGUMENT says what is wrong: the
// form, a dimension that is not declared to be of any size, an output of any
// size that nothing is said about, or no word on why padding does no harm.
absl::StatusOr<PaddingRules> ParsePadding(absl::string_view text,
                                          const ServableConfig& config);

}  // namespace sconce

#endif  // SERVER_SOURCES_PADDING_TEXT_H_

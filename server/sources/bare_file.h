// Bare files: archives that lie in a repository without a folder of their own.
#ifndef SERVER_SOURCES_BARE_FILE_H_
#define SERVER_SOURCES_BARE_FILE_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace sconce {

// Whether a file's suffix, in any capitals, is that of a document (".md",
// ".json" …), or empty: then the file is no model.
bool IsDocumentSuffix(absl::string_view suffix);

// The path of `<repository>/<model>.<suffix>`, version 1 of the model; the
// first by name. Suffixes of documents (".md", ".json", …) do not count.
std::optional<std::string> FindBareFile(const std::string& repository,
                                        absl::string_view model);

}  // namespace sconce

#endif  // SERVER_SOURCES_BARE_FILE_H_

#include "server/sources/own_folder.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace sconce {

absl::Status CheckOwnFolder(const std::string& repository) {
  for (const char* name : {".sconce", ".sconce/uploads", ".sconce/trash",
                           ".sconce/overrides", ".sconce/state.json"}) {
    std::error_code none;
    const auto path = std::filesystem::path(repository) / name;
    if (!std::filesystem::is_symlink(path, none)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("'", name,
                     "' in it is a link; the server writes and deletes there, "
                     "so put a folder in its place or remove it"));
  }
  return absl::OkStatus();
}

}  // namespace sconce

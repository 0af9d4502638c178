// What may be a model's name, and what lies beneath a repository's folder.
//
// Every name that a client sends and every entry that a scan finds passes here
// before it becomes a path.
#ifndef SERVER_SOURCES_REPOSITORY_PATH_H_
#define SERVER_SOURCES_REPOSITORY_PATH_H_

#include <filesystem>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sconce {

// `name` between quotes, with what is not printable escaped and not too long.
std::string QuotedName(absl::string_view name);

// INVALID_ARGUMENT, naming the rule, unless `name` is 1 to 255 printable ASCII
// characters without '/' and '\' that do not begin with a '.'.
absl::Status CheckModelName(absl::string_view name);

// The path of `relative` beneath the folder `root`, without links past `root`
// (which may be one itself). Reads the disk. The messages show `relative` and
// never a path of the server.
//   INVALID_ARGUMENT  `relative` is absolute or has a part "..", or a link in
//                     it leads out of `root`, to nothing or in a circle
//   NOT_FOUND         nothing is there
absl::StatusOr<std::filesystem::path> ResolveBeneath(
    const std::filesystem::path& root, absl::string_view relative);

}  // namespace sconce

#endif  // SERVER_SOURCES_REPOSITORY_PATH_H_

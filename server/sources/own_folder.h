// The folder in a repository where the server writes and deletes.
#ifndef SERVER_SOURCES_OWN_FOLDER_H_
#define SERVER_SOURCES_OWN_FOLDER_H_

#include <string>

#include "absl/status/status.h"

namespace sconce {

// INVALID_ARGUMENT, without the repository's path, when a link in the place of
// the folder, or of what is in it, would lead the server elsewhere.
absl::Status CheckOwnFolder(const std::string& repository);

}  // namespace sconce

#endif  // SERVER_SOURCES_OWN_FOLDER_H_

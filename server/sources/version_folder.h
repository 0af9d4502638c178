// Adds and deletes versions in a repository, each in one step: whoever looks
// sees all of a version or nothing of it, also after a crash.
//
// The caller has checked the model's name. What is on its way lies in
// `<repository>/.sconce`. All of these block on the disk and are thread-safe;
// no message has a path.
#ifndef SERVER_SOURCES_VERSION_FOLDER_H_
#define SERVER_SOURCES_VERSION_FOLDER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace sconce {

// Moves the folder `prepared`, of the same file system, to
// `<repository>/<model>/<version>`. After an error it is where it was.
// ALREADY_EXISTS: the version is there. FAILED_PRECONDITION: the model's folder
// is a link or a file, or may not be written to. RESOURCE_EXHAUSTED: no space.
absl::Status AddVersionFolder(const std::string& prepared,
                              const std::string& repository,
                              const std::string& model, int64_t version);

// Deletes the version's folder, and the model's when that is empty then; of a
// bare file (version 1) the file. NOT_FOUND: there is no such version.
absl::Status DeleteVersionFolder(const std::string& repository,
                                 const std::string& model, int64_t version);

// Removes what a deletion that was cut short has left out of sight.
void EmptyTrash(const std::string& repository);

}  // namespace sconce

#endif  // SERVER_SOURCES_VERSION_FOLDER_H_

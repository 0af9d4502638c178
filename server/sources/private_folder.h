// PrivateFolder: files that belong to this process, gone with the object.
#ifndef SERVER_SOURCES_PRIVATE_FOLDER_H_
#define SERVER_SOURCES_PRIVATE_FOLDER_H_

#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sconce {

// Only its owner's user can read it. A lock on the folder tells other servers
// of the same repository that somebody uses it. One thread at a time.
class PrivateFolder {
 public:
  // Below `<repository>/.sconce/overrides`, or in the system's temporary
  // folder if the repository cannot be written.
  //   RESOURCE_EXHAUSTED  the disk is full
  //   INTERNAL            neither place can be written
  static absl::StatusOr<std::unique_ptr<PrivateFolder>> Create(
      const std::string& repository);

  // Deletes what a server that died has left there.
  static void RemoveLeftovers(const std::string& repository);

  ~PrivateFolder();
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  // Writes a new file; makes the folders on the way. `relative` is checked by
  // the caller. Codes as of Create().
  absl::Status Write(const std::string& relative, absl::string_view bytes);

 private:
  explicit PrivateFolder(std::filesystem::path path);

  const std::filesystem::path path_;
  const int lock_;  // the folder, open and locked; -1: it could not be
};

}  // namespace sconce

#endif  // SERVER_SOURCES_PRIVATE_FOLDER_H_

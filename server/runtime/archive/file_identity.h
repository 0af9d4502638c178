// FileIdentity: tells whether a file is the one that was looked at before.
#ifndef SERVER_RUNTIME_ARCHIVE_FILE_IDENTITY_H_
#define SERVER_RUNTIME_ARCHIVE_FILE_IDENTITY_H_

#include <cstdint>
#include <string>

namespace sconce {

// All zero for a file that is not there. Compared with ==.
struct FileIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;
  int64_t size = 0;
  int64_t modified_seconds = 0;
  int64_t modified_nanoseconds = 0;

  bool operator==(const FileIdentity&) const = default;
};

// Of the file that `path` leads to now.
FileIdentity IdentifyFile(const std::string& path);

}  // namespace sconce

#endif  // SERVER_RUNTIME_ARCHIVE_FILE_IDENTITY_H_

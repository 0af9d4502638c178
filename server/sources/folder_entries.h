// What lies in a folder, for the scan of a repository.
#ifndef SERVER_SOURCES_FOLDER_ENTRIES_H_
#define SERVER_SOURCES_FOLDER_ENTRIES_H_

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace sconce {

// The entries of `folder` that are not hidden, ordered by name; they know
// their kind without another look at the disk. INVALID_ARGUMENT: the system's
// reason why it cannot be read.
absl::StatusOr<std::vector<std::filesystem::directory_entry>> FolderEntries(
    const std::filesystem::path& folder);

// What an entry is, links followed.
enum class EntryKind { kFolder, kFile, kNothing };
EntryKind KindOf(const std::filesystem::directory_entry& entry);

// A whole file. INVALID_ARGUMENT: no file, not to be read, or of more than
// `most` bytes.
absl::StatusOr<std::string> ReadSmallFile(const std::filesystem::path& path,
                                          size_t most);

}  // namespace sconce

#endif  // SERVER_SOURCES_FOLDER_ENTRIES_H_

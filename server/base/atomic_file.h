// WriteFileAtomically: replaces a file so that no reader, and no crash, sees
// half of it.
#ifndef SERVER_BASE_ATOMIC_FILE_H_
#define SERVER_BASE_ATOMIC_FILE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sconce {

// Writes `<path>.tmp`, syncs it and renames it to `path`, whose folder has to
// be there. Returns 0 or an errno (FileError): then the file is the old one or,
// when only the last step failed, the new one, and nothing else is left. One
// writer for a path at a time. Blocks.
int WriteFileAtomically(const std::string& path, absl::string_view text);

}  // namespace sconce

#endif  // SERVER_BASE_ATOMIC_FILE_H_

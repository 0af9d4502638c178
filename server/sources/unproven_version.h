// Marks versions that lie in a repository and were not loaded so far.
//
// An upload comes into its place before it is loaded. Its folder brings a mark
// along, which is removed when the load went well; should the server end before
// that, the next one removes the version. All of these block on the disk.
#ifndef SERVER_SOURCES_UNPROVEN_VERSION_H_
#define SERVER_SOURCES_UNPROVEN_VERSION_H_

#include <string>

#include "server/base/file_descriptor.h"

namespace sconce {

// Puts a mark into the folder, which is to become a version's, and locks it:
// while `mark` is open nobody takes the version for left over. Returns 0 or an
// errno.
int MarkUnproven(const std::string& folder, FileDescriptor* mark);

// Removes the mark from the version's folder for good. Returns 0 or an errno.
int RemoveUnprovenMark(const std::string& folder);

// Deletes all versions with a mark that nobody has locked, with a warning.
void RemoveUnprovenVersions(const std::string& repository);

}  // namespace sconce

#endif  // SERVER_SOURCES_UNPROVEN_VERSION_H_

// IsBeingWritten: whether some process has a file open to write to it.
#ifndef SERVER_SOURCES_WRITTEN_FILE_H_
#define SERVER_SOURCES_WRITTEN_FILE_H_

#include <string>

namespace sconce {

// A writer that pauses (a copy over a slow line) leaves a file as it is for
// long; that it is not done yet only the kernel knows. False where the kernel
// does not tell: a file that belongs to another user, or a remote file system.
// Does not block; any thread.
bool IsBeingWritten(const std::string& path);

}  // namespace sconce

#endif  // SERVER_SOURCES_WRITTEN_FILE_H_

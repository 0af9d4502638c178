// The system calls that change files, each of which a test can make fail.
//
// They return 0 or an errno, and go on after a signal. Thread-safe.
#ifndef SERVER_BASE_FILE_CALLS_H_
#define SERVER_BASE_FILE_CALLS_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "server/base/file_descriptor.h"

namespace sconce {

// Asked before each call by its name ("open", "write", …): an errno that the
// call fails with, 0 for a call that is made.
using FileFault = std::function<int(absl::string_view call)>;

// For tests: `fault` is asked until this is gone. One at a time.
class ScopedFileFault {
 public:
  explicit ScopedFileFault(FileFault fault);
  ~ScopedFileFault();
  ScopedFileFault(const ScopedFileFault&) = delete;
  ScopedFileFault& operator=(const ScopedFileFault&) = delete;

 private:
  const FileFault fault_;
};

// What the test says of a call that is made elsewhere; 0 without a test.
int InjectedFault(absl::string_view call);

// A new file gets the mode 0644. No link is followed.
int OpenFile(const std::string& path, int flags, FileDescriptor* file);
int WriteAll(int fd, absl::string_view bytes);

// Reserves `bytes` on the disk and leaves the file's size as it is; a file
// system that cannot do so counts as success.
int ReserveSpace(int fd, int64_t bytes);
int SyncFile(int fd);

// After this, what was made, renamed or deleted in the folder survives a crash.
int SyncFolder(const std::string& path);

// The folder's parent has to be there. `*made`: it was not there before.
int MakeFolder(const std::string& path, bool* made = nullptr);
int RenameFile(const std::string& from, const std::string& to);

// EEXIST when there is something at `to`, be it an empty folder.
int RenameToNew(const std::string& from, const std::string& to);

// What a client is told of such an error: `what` was to be done, why it failed
// and the next step, no path. RESOURCE_EXHAUSTED: the disk is full;
// FAILED_PRECONDITION: it may not be written to; INTERNAL: all others.
absl::Status FileError(int error, absl::string_view what);

}  // namespace sconce

#endif  // SERVER_BASE_FILE_CALLS_H_

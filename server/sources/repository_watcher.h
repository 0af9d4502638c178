// RepositoryWatcher: tells that something in the repositories may have changed.
#ifndef SERVER_SOURCES_REPOSITORY_WATCHER_H_
#define SERVER_SOURCES_REPOSITORY_WATCHER_H_

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "server/base/clock.h"
#include "server/base/file_descriptor.h"
#include "server/base/thread.h"
#include "server/sources/folder_watches.h"

namespace sconce {

// Owns one thread ("watch-repos"), which the destructor joins. Changes made
// after construction are told; where the kernel tells of none (FolderWatches),
// every period counts as one.
class RepositoryWatcher {
 public:
  struct Options {
    std::vector<std::string> directories;
    MonoDuration period = std::chrono::seconds(15);
    // Called on the watcher's thread; must not block.
    std::function<void()> on_change;
    // Least time between two calls: a file that is copied in makes thousands
    // of events.
    MonoDuration min_interval = std::chrono::milliseconds(100);
  };

  explicit RepositoryWatcher(Options options);
  ~RepositoryWatcher();
  RepositoryWatcher(const RepositoryWatcher&) = delete;
  RepositoryWatcher& operator=(const RepositoryWatcher&) = delete;

 private:
  void Run();
  bool WaitForChange();
  bool StopsWithin(MonoDuration time) const;

  const Options options_;
  const FileDescriptor stop_;  // an eventfd, readable when it is time to stop

  FolderWatches watches_;  // used by thread_ only, once that runs
  Thread thread_;
};

}  // namespace sconce

#endif  // SERVER_SOURCES_REPOSITORY_WATCHER_H_

// FolderWatches: asks the kernel (inotify) to tell of changes in repositories.
#ifndef SERVER_SOURCES_FOLDER_WATCHES_H_
#define SERVER_SOURCES_FOLDER_WATCHES_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "server/base/file_descriptor.h"

namespace sconce {

// Whether a file system, by statfs's f_type, has changes that this machine's
// kernel does not see: NFS, SMB, FUSE, 9p and the like.
bool IsRemoteFileSystem(int64_t type);

// Watches each root, its model folders and their version folders. Entries whose
// name begins with a dot neither are watched nor tell of anything. One thread
// at a time; nothing here blocks for longer than a walk through the folders.
class FolderWatches {
 public:
  // Watches what is there now.
  explicit FolderWatches(std::vector<std::string> roots);

  // Readable when there are events; -1 without inotify.
  int descriptor() const { return inotify_.get(); }

  // False when some folder has changes that will not be told: a root that is
  // missing, a remote file system, or no watches left. Each root is logged
  // once.
  bool complete() const { return complete_; }

  // Reads the events that have come and watches the folders that they tell of.
  // Returns whether something may have changed.
  bool ReadEvents();

  // Watches new folders, and those that could not be watched before.
  void Refresh();

 private:
  enum class Outcome { kWatched, kNoFolder, kUnwatchable };

  bool WatchTree(const std::string& root, const std::string& folder, int depth);
  Outcome Watch(const std::string& folder, std::string* reason);
  void WarnOnce(const std::string& root, const std::string& reason);

  const std::vector<std::string> roots_;
  const FileDescriptor inotify_;
  std::set<int> watches_;
  std::set<std::string> warned_;  // roots
  bool complete_ = false;
};

}  // namespace sconce

#endif  // SERVER_SOURCES_FOLDER_WATCHES_H_

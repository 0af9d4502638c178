#include "server/sources/folder_watches.h"

#include <limits.h>
#include <sys/inotify.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

#include "server/base/file_calls.h"
#include "server/telemetry/log.h"

namespace sconce {
namespace {

namespace fs = std::filesystem;

// Roots have depth 0, models 1, versions 2.
constexpr int kDeepest = 2;

// After these there may be other folders than before.
constexpr uint32_t kFoldersChanged = IN_CREATE | IN_DELETE | IN_MOVED_TO |
                                     IN_MOVED_FROM | IN_ATTRIB |
                                     IN_DELETE_SELF | IN_MOVE_SELF;
constexpr uint32_t kWatched = kFoldersChanged | IN_MODIFY | IN_CLOSE_WRITE;

// f_type as statfs(2) lists it; some have no name in the headers.
constexpr std::array<int64_t, 9> kRemoteTypes = {
    0x6969,      // NFS
    0x517B,      // SMB
    0xFF534D42,  // CIFS
    0xFE534D42,  // SMB 2
    0x65735546,  // FUSE, virtiofs
    0x01021997,  // 9p
    0x00C36400,  // Ceph
    0x0BD00BD0,  // Lustre
    0x5346414F,  // AFS
};

bool IsRemote(const std::string& folder) {
  struct statfs found = {};
  if (statfs(folder.c_str(), &found) != 0) return false;
  // Some types are negative where f_type is a signed 32-bit number.
  return IsRemoteFileSystem(static_cast<uint32_t>(found.f_type));
}

std::vector<std::string> FoldersIn(const std::string& folder) {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; it != end && !error;
       it.increment(error)) {
    std::error_code ignored;
    if (it->path().filename().string().front() != '.' &&
        it->is_directory(ignored)) {
      found.push_back(it->path().string());
    }
  }
  return found;
}

int AddWatch(int inotify, const std::string& folder) {
  if (const int fault = InjectedFault("inotify_add_watch"); fault != 0) {
    errno = fault;
    return -1;
  }
  return inotify_add_watch(inotify, folder.c_str(), kWatched | IN_ONLYDIR);
}

// What the events of one read() tell.
struct Told {
  bool changed = false;
  bool folders_changed = false;
};

void Look(const inotify_event& event, Told* told) {
  if ((event.mask & IN_IGNORED) != 0) return;
  // The name is there for entries of a folder, not for the folder itself.
  if (event.len > 0 && event.name[0] == '.') return;
  told->changed = true;
  told->folders_changed |=
      (event.mask & (kFoldersChanged | IN_Q_OVERFLOW)) != 0;
}

Told LookAtEvents(const char* buffer, size_t size) {
  Told told;
  for (size_t at = 0; at < size;) {
    const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
    Look(*event, &told);
    at += sizeof(inotify_event) + event->len;
  }
  return told;
}

}  // namespace

bool IsRemoteFileSystem(int64_t type) {
  return std::find(kRemoteTypes.begin(), kRemoteTypes.end(), type) !=
         kRemoteTypes.end();
}

FolderWatches::FolderWatches(std::vector<std::string> roots)
    : roots_(std::move(roots)),
      inotify_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  Refresh();
}

bool FolderWatches::ReadEvents() {
  alignas(inotify_event) char buffer[64 * 1024];
  Told all;
  while (true) {
    const ssize_t size = read(inotify_.get(), buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    const Told told = LookAtEvents(buffer, static_cast<size_t>(size));
    all.changed |= told.changed;
    all.folders_changed |= told.folders_changed;
  }
  // The whole walk and not the named folder only: it is the same for links,
  // moved folders and lost events, and those who are told walk as well.
  if (all.folders_changed) Refresh();
  return all.changed;
}

void FolderWatches::Refresh() {
  const std::set<int> before = std::exchange(watches_, {});
  complete_ = true;
  for (const std::string& root : roots_) {
    complete_ &= WatchTree(root, root, 0);
  }
  // Folders that were moved out of the repository are still watched.
  for (const int watch : before) {
    if (!watches_.contains(watch)) inotify_rm_watch(inotify_.get(), watch);
  }
}

bool FolderWatches::WatchTree(const std::string& root,
                              const std::string& folder, int depth) {
  std::string reason;
  const Outcome outcome = Watch(folder, &reason);
  if (outcome == Outcome::kNoFolder && depth > 0) return true;
  if (outcome != Outcome::kWatched) {
    WarnOnce(root, reason);
    return false;
  }
  if (depth == kDeepest) return true;
  bool complete = true;
  // Listed after it is watched: what comes meanwhile is in an event.
  for (const std::string& inner : FoldersIn(folder)) {
    complete &= WatchTree(root, inner, depth + 1);
  }
  return complete;
}

FolderWatches::Outcome FolderWatches::Watch(const std::string& folder,
                                            std::string* reason) {
  if (inotify_.get() < 0) {
    *reason = "no inotify (fs.inotify.max_user_instances)";
    return Outcome::kUnwatchable;
  }
  if (IsRemote(folder)) {
    *reason = "network file system";
    return Outcome::kUnwatchable;
  }
  const int watch = AddWatch(inotify_.get(), folder);
  if (watch >= 0) {
    watches_.insert(watch);
    return Outcome::kWatched;
  }
  if (errno == ENOSPC || errno == ENOMEM) {
    *reason = "no watches left (fs.inotify.max_user_watches)";
    return Outcome::kUnwatchable;
  }
  *reason = std::generic_category().message(errno);
  return Outcome::kNoFolder;
}

void FolderWatches::WarnOnce(const std::string& root,
                             const std::string& reason) {
  if (!warned_.insert(root).second) return;
  LogWarning("changes in the repository are looked for by period only",
             {{"repository", root}, {"reason", reason}});
}

}  // namespace sconce

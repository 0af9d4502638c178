#include "server/sources/unproven_version.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "absl/status/status.h"

#include "server/base/file_calls.h"
#include "server/sources/folder_entries.h"
#include "server/sources/version_folder.h"
#include "server/sources/version_policy.h"
#include "server/telemetry/log.h"

namespace sconce {
namespace {

namespace fs = std::filesystem;

std::string MarkIn(const fs::path& folder) {
  return (folder / ".unproven").string();
}

bool IsLeftOver(const fs::path& version_folder) {
  const FileDescriptor mark(
      open(MarkIn(version_folder).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  return mark.is_open() && flock(mark.get(), LOCK_EX | LOCK_NB) == 0;
}

void Remove(const std::string& repository, const std::string& model,
            int64_t version) {
  const absl::Status deleted = DeleteVersionFolder(repository, model, version);
  LogWarning(
      "the server ended before an uploaded version was loaded; it is "
      "deleted, upload it again",
      {{"model", model},
       {"version", version},
       {"deleted", deleted.ok()},
       {"reason", deleted.message()}});
}

}  // namespace

int MarkUnproven(const std::string& folder, FileDescriptor* mark) {
  const int error = OpenFile(MarkIn(folder), O_RDWR | O_CREAT, mark);
  if (error != 0) return error;
  return flock(mark->get(), LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
}

int RemoveUnprovenMark(const std::string& folder) {
  if (unlink(MarkIn(folder).c_str()) != 0) return errno;
  return SyncFolder(folder);
}

void RemoveUnprovenVersions(const std::string& repository) {
  const auto models = FolderEntries(repository);
  if (!models.ok()) return;
  for (const auto& model : *models) {
    if (model.is_symlink() || KindOf(model) != EntryKind::kFolder) continue;
    const auto versions = FolderEntries(model.path());
    if (!versions.ok()) continue;
    for (const auto& entry : *versions) {
      const auto version = ParseVersion(entry.path().filename().string());
      if (!version || !IsLeftOver(entry.path())) continue;
      Remove(repository, model.path().filename().string(), *version);
    }
  }
}

}  // namespace sconce

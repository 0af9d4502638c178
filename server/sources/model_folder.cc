#include "server/sources/model_folder.h"

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"

#include "server/sources/folder_entries.h"
#include "server/sources/version_policy.h"

namespace sconce {

namespace fs = std::filesystem;

std::string EntryName(const fs::directory_entry& entry) {
  return entry.path().filename().string();
}

const fs::directory_entry* FindEntry(const FolderEntryList& entries,
                                     absl::string_view name) {
  const auto found = absl::c_find_if(
      entries, [&](const auto& entry) { return EntryName(entry) == name; });
  return found == entries.end() ? nullptr : &*found;
}

std::vector<int64_t> VersionsIn(const FolderEntryList& entries) {
  std::vector<int64_t> versions;
  for (const auto& entry : entries) {
    const auto version = ParseVersion(EntryName(entry));
    if (version && KindOf(entry) == EntryKind::kFolder) {
      versions.push_back(*version);
    }
  }
  absl::c_sort(versions);
  return versions;
}

absl::StatusOr<ModelConfigFile> ReadModelConfig(
    const fs::directory_entry& file, const std::string& model,
    const ServableConfig& defaults) {
  const auto text = ReadSmallFile(file.path(), kMostConfigBytes);
  if (text.ok()) return ParseModelConfig(*text, model, defaults);
  return absl::InvalidArgumentError(
      absl::StrCat("config.pbtxt ", text.status().message()));
}

}  // namespace sconce

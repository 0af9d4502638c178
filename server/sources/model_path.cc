#include "server/sources/model_path.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "server/base/status_macros.h"
#include "server/sources/bare_file.h"
#include "server/sources/folder_entries.h"
#include "server/sources/model_folder.h"
#include "server/sources/repository_path.h"

namespace sconce {
namespace {

namespace fs = std::filesystem;

// Of the names that a message shows.
constexpr size_t kMostNames = 8;

constexpr char kExpected[] =
    "expected a model file, version folders (1, 2, …) with model.pt in them, "
    "or one folder that has either";

std::string Names(std::vector<std::string> names) {
  for (std::string& name : names) name = QuotedName(name);
  const size_t shown = std::min(names.size(), kMostNames);
  const std::string text =
      absl::StrJoin(names.begin(), names.begin() + shown, ", ");
  return shown == names.size() ? text : absl::StrCat(text, " …");
}

std::vector<std::string> NamesOf(const FolderEntryList& entries,
                                 bool (*is_meant)(const fs::directory_entry&)) {
  std::vector<std::string> names;
  for (const auto& entry : entries) {
    if (is_meant(entry)) names.push_back(EntryName(entry));
  }
  return names;
}

bool IsArchive(const fs::directory_entry& entry) {
  return KindOf(entry) == EntryKind::kFile &&
         !IsDocumentSuffix(entry.path().extension().string());
}
bool IsFolder(const fs::directory_entry& entry) {
  return KindOf(entry) == EntryKind::kFolder;
}

absl::Status NothingIn(const FolderEntryList& entries) {
  const auto names =
      NamesOf(entries, [](const fs::directory_entry&) { return true; });
  return absl::UnavailableError(absl::StrCat(
      "nothing in the folder that is given for it can be the "
      "model; ",
      kExpected, "; found ", names.empty() ? "an empty folder" : Names(names)));
}

absl::Status SeveralFiles(const std::vector<std::string>& names) {
  return absl::InvalidArgumentError(absl::StrCat(
      names.size(), " files in the folder that is given for it can be the ",
      "model: ", Names(names),
      "; leave one there, name it in config.pbtxt (default_model_filename), or "
      "give the file itself"));
}

absl::Status SeveralFolders(const std::vector<std::string>& names) {
  return absl::InvalidArgumentError(absl::StrCat(
      names.size(), " folders in the one that is given for it can be the ",
      "model: ", Names(names),
      "; leave one there, or give the one that is meant"));
}

// One look at one path. The methods return the model's status.
class PathScan {
 public:
  PathScan(const ModelPath& where, const ScanOptions& options)
      : where_(where), options_(options) {}

  CatalogModel Scan(std::vector<ScanRemark>* remarks);

 private:
  absl::Status Look();
  absl::Status LookAtFile(const fs::path& file);
  absl::Status LookIntoFolder(const fs::path& folder, bool is_outermost);
  absl::Status LookForFile(const FolderEntryList& entries);
  absl::Status LookIntoFolders(const FolderEntryList& entries);
  absl::Status ReadConfig(const fs::directory_entry& file);
  void Begin(const fs::path& root);
  void Remark(LogLevel level, const std::string& message,
              const std::string& key, const std::string& value);

  const ModelPath& where_;
  const ScanOptions& options_;
  CatalogModel model_;
  std::vector<ScanRemark> remarks_;
};

// Forgets what another folder has said.
void PathScan::Begin(const fs::path& root) {
  model_ = {};
  remarks_.clear();
  model_.name = where_.name;
  model_.has_own_path = true;
  model_.root = root.string();
  model_.config = options_.defaults;
  if (options_.config != nullptr) ApplyConfig(*options_.config, &model_);
}

void PathScan::Remark(LogLevel level, const std::string& message,
                      const std::string& key, const std::string& value) {
  remarks_.push_back(
      {where_.name, level, message, "model", where_.name, key, value});
}

CatalogModel PathScan::Scan(std::vector<ScanRemark>* remarks) {
  absl::Status status = Look();
  model_.status = std::move(status);
  remarks->insert(remarks->end(), remarks_.begin(), remarks_.end());
  return std::move(model_);
}

absl::Status PathScan::Look() {
  Begin("");
  std::error_code error;
  const fs::file_status found = fs::status(where_.path, error);
  if (fs::is_directory(found)) return LookIntoFolder(where_.path, true);
  if (fs::is_regular_file(found)) return LookAtFile(where_.path);
  if (!fs::exists(found)) {
    return absl::UnavailableError(
        absl::StrCat("what is given for it cannot be read: ", error.message()));
  }
  return absl::InvalidArgumentError(
      "what is given for it is neither a file nor a folder");
}

absl::Status PathScan::LookAtFile(const fs::path& file) {
  Begin(file.parent_path());
  model_.bare_file = file.filename().string();
  model_.versions = {1};
  return absl::OkStatus();
}

absl::Status PathScan::LookIntoFolder(const fs::path& folder,
                                      bool is_outermost) {
  Begin(folder);
  const absl::StatusOr<FolderEntryList> entries = FolderEntries(folder);
  if (!entries.ok()) {
    return absl::UnavailableError(
        absl::StrCat("the folder that is given for it cannot be read: ",
                     entries.status().message()));
  }
  const fs::directory_entry* const config = FindEntry(*entries, kConfigFile);
  if (config != nullptr && options_.config == nullptr) {
    RETURN_IF_ERROR(ReadConfig(*config));
  }
  model_.versions = VersionsIn(*entries);
  if (!model_.versions.empty()) return absl::OkStatus();
  const absl::Status file = LookForFile(*entries);
  if (!absl::IsUnavailable(file) || !is_outermost || config != nullptr) {
    return file;
  }
  return LookIntoFolders(*entries);
}

absl::Status PathScan::LookForFile(const FolderEntryList& entries) {
  const std::vector<std::string> names = NamesOf(entries, IsArchive);
  const std::string& wanted = model_.archive_file_name;
  const bool has_wanted =
      std::find(names.begin(), names.end(), wanted) != names.end();
  if (names.empty()) return NothingIn(entries);
  if (wanted != kArchiveFile && !has_wanted) {
    return absl::InvalidArgumentError(absl::StrCat(
        "config.pbtxt: default_model_filename is ", QuotedName(wanted),
        ", but the files there are ", Names(names)));
  }
  if (wanted == kArchiveFile && names.size() > 1) return SeveralFiles(names);
  model_.bare_file = has_wanted ? wanted : names.front();
  model_.versions = {1};
  Remark(LogLevel::kInfo, "model is a file in its folder", "file",
         QuotedName(model_.bare_file));
  return absl::OkStatus();
}

absl::Status PathScan::LookIntoFolders(const FolderEntryList& entries) {
  std::vector<std::string> candidates;
  for (const std::string& name : NamesOf(entries, IsFolder)) {
    const fs::path folder = fs::path(where_.path) / name;
    if (absl::IsUnavailable(LookIntoFolder(folder, false))) continue;
    candidates.push_back(name);
  }
  if (candidates.size() == 1) {
    absl::Status status =
        LookIntoFolder(fs::path(where_.path) / candidates.front(), false);
    Remark(LogLevel::kInfo, "model is a folder in its folder", "folder",
           QuotedName(candidates.front()));
    return status;
  }
  Begin(where_.path);
  return candidates.empty() ? NothingIn(entries) : SeveralFolders(candidates);
}

absl::Status PathScan::ReadConfig(const fs::directory_entry& file) {
  ASSIGN_OR_RETURN(const ModelConfigFile config,
                   ReadModelConfig(file, "", options_.defaults));
  ApplyConfig(config, &model_);
  for (const std::string& field : config.ignored) {
    remarks_.push_back(NotHonoured(where_.name, field));
  }
  if (!config.name.empty() && config.name != where_.name) {
    Remark(LogLevel::kInfo,
           "config.pbtxt has another name for the model; --model counts",
           "name_in_config", QuotedName(config.name));
  }
  return absl::OkStatus();
}

}  // namespace

CatalogModel ScanModelPath(const ModelPath& where, const ScanOptions& options,
                           std::vector<ScanRemark>* remarks) {
  return PathScan(where, options).Scan(remarks);
}

}  // namespace sconce

#include "server/sources/repository_scan.h"

#include <filesystem>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/sources/bare_file.h"
#include "server/sources/folder_entries.h"
#include "server/sources/model_folder.h"
#include "server/sources/repository_path.h"

namespace sconce {
namespace {

namespace fs = std::filesystem;

using Entries = FolderEntryList;

// One scan of one repository.
class Scan {
 public:
  Scan(const std::string& root, const ScanOptions& options)
      : root_(root), options_(options) {}

  void Look(const fs::directory_entry& entry);
  RepositoryScan TakeFound() { return std::move(found_); }

 private:
  bool IsWanted(const std::string& model) const {
    return options_.only.empty() || options_.only == model;
  }
  CatalogModel NewModel(const std::string& name) const;
  bool HasUsableName(const fs::directory_entry& entry,
                     const std::string& model);
  void LookAtFile(const fs::directory_entry& entry, const std::string& model);
  void LookAtFolder(const fs::directory_entry& entry, const std::string& model);
  void FillFromFolder(const Entries& entries, CatalogModel* model);
  absl::Status ReadConfig(const fs::directory_entry& file, CatalogModel* model);
  absl::Status CheckLink(const fs::directory_entry& entry,
                         const std::string& folder = "") const;

  const std::string& root_;
  const ScanOptions& options_;
  RepositoryScan found_;
};

CatalogModel Scan::NewModel(const std::string& name) const {
  CatalogModel model;
  model.name = name;
  model.root = root_;
  model.config = options_.defaults;
  if (options_.config != nullptr) ApplyConfig(*options_.config, &model);
  return model;
}

// A name goes to clients in protobuf strings and into metrics, which both have
// to be UTF-8.
bool Scan::HasUsableName(const fs::directory_entry& entry,
                         const std::string& model) {
  const absl::Status checked = CheckModelName(model);
  if (checked.ok()) return true;
  found_.remarks.push_back({"", LogLevel::kWarning,
                            "name cannot be that of a model; passed over",
                            "entry", absl::CHexEscape(EntryName(entry)),
                            "reason", std::string(checked.message())});
  return false;
}

// Only a link can lead out of the folder that it is found in.
absl::Status Scan::CheckLink(const fs::directory_entry& entry,
                             const std::string& folder) const {
  std::error_code ignored;
  if (!entry.is_symlink(ignored)) return absl::OkStatus();
  return ResolveBeneath(root_, (fs::path(folder) / EntryName(entry)).string())
      .status();
}

void Scan::LookAtFile(const fs::directory_entry& entry,
                      const std::string& model) {
  if (IsDocumentSuffix(entry.path().extension().string())) {
    found_.remarks.push_back({model, LogLevel::kInfo,
                              "file is no model; passed over", "file",
                              absl::CHexEscape(EntryName(entry))});
    return;
  }
  if (!HasUsableName(entry, model)) return;
  CatalogModel& bare = found_.models.emplace_back(NewModel(model));
  bare.bare_file = EntryName(entry);
  bare.versions = {1};
  bare.status = CheckLink(entry);
}

absl::Status Scan::ReadConfig(const fs::directory_entry& file,
                              CatalogModel* model) {
  RETURN_IF_ERROR(CheckLink(file, model->folder));
  ASSIGN_OR_RETURN(const ModelConfigFile config,
                   ReadModelConfig(file, model->name, options_.defaults));
  ApplyConfig(config, model);
  for (const std::string& field : config.ignored) {
    found_.remarks.push_back(NotHonoured(model->name, field));
  }
  return absl::OkStatus();
}

void Scan::FillFromFolder(const Entries& entries, CatalogModel* model) {
  const fs::directory_entry* const config = FindEntry(entries, kConfigFile);
  model->versions = VersionsIn(entries);
  if (model->versions.empty()) {
    model->status = absl::InvalidArgumentError(
        absl::StrCat("the folder has no version folder; expected ", model->name,
                     "/1/", std::string(kArchiveFile)));
  } else if (options_.config == nullptr && config != nullptr) {
    model->status = ReadConfig(*config, model);
  }
}

void Scan::LookAtFolder(const fs::directory_entry& entry,
                        const std::string& name) {
  if (!HasUsableName(entry, name)) return;
  CatalogModel model = NewModel(name);
  model.folder = name;
  model.status = CheckLink(entry);
  if (model.status.ok()) {
    const absl::StatusOr<Entries> entries = FolderEntries(entry.path());
    if (!entries.ok()) {
      model.status = absl::InvalidArgumentError(absl::StrCat(
          "the model's folder cannot be read: ", entries.status().message()));
    } else {
      FillFromFolder(*entries, &model);
      if (model.versions.empty() &&
          FindEntry(*entries, kArchiveFile) == nullptr &&
          FindEntry(*entries, kConfigFile) == nullptr) {
        found_.remarks.push_back(
            {name, LogLevel::kWarning,
             "folder has no version folder (1, 2, …); passed over", "model",
             name});
        return;
      }
    }
  }
  found_.models.push_back(std::move(model));
}

void Scan::Look(const fs::directory_entry& entry) {
  const std::string name = EntryName(entry);
  const std::string stem = entry.path().stem().string();
  if (!IsWanted(name) && !IsWanted(stem)) return;
  switch (KindOf(entry)) {
    case EntryKind::kFolder:
      if (IsWanted(name)) LookAtFolder(entry, name);
      return;
    case EntryKind::kFile:
      if (IsWanted(stem)) LookAtFile(entry, stem);
      return;
    case EntryKind::kNothing:
      found_.remarks.push_back({stem, LogLevel::kWarning,
                                "neither file nor folder; passed over", "entry",
                                absl::CHexEscape(name)});
  }
}

}  // namespace

absl::StatusOr<RepositoryScan> ScanRepository(const std::string& root,
                                              const ScanOptions& options) {
  ASSIGN_OR_RETURN(const Entries entries, FolderEntries(root));
  Scan scan(root, options);
  for (const auto& entry : entries) scan.Look(entry);
  return scan.TakeFound();
}

}  // namespace sconce

#include "server/sources/model_repository.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "server/sources/model_config.h"
#include "server/sources/version_policy.h"
#include "server/telemetry/log.h"

namespace sconce {
namespace {

namespace fs = std::filesystem;

constexpr absl::string_view kConfigFile = "config.pbtxt";
constexpr absl::string_view kArchiveFile = "model.pt";

// Suffixes of bare files that are documents, not models.
constexpr std::array<absl::string_view, 8> kDocuments = {
    ".md", ".txt", ".json", ".pbtxt", ".yaml", ".yml", ".tmp", ".part"};

// A name goes to clients in protobuf strings and into metrics, which both have
// to be UTF-8.
bool HasUsableName(const fs::path& path) {
  return absl::c_all_of(path.filename().string(),
                        [](unsigned char c) { return absl::ascii_isprint(c); });
}

bool IsHidden(const fs::path& path) {
  return path.filename().string().front() == '.';
}

// False for what cannot be looked at (a link in a circle, say); the functions
// of std::filesystem would throw.
bool IsFolder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool IsFile(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

// Whether there is an entry of this name, be it a link to nothing.
bool IsEntry(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

std::vector<fs::path> SortedEntries(const fs::path& directory) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; it != end && !error;
       it.increment(error)) {
    if (!IsHidden(it->path())) entries.push_back(it->path());
  }
  absl::c_sort(entries);
  return entries;
}

// A version folder is named by a positive number without leading zeros.
std::optional<int64_t> ParseVersion(const std::string& name) {
  int64_t version = 0;
  if (name.front() == '0' || !absl::c_all_of(name, absl::ascii_isdigit) ||
      !absl::SimpleAtoi(name, &version)) {
    return std::nullopt;
  }
  return version;
}

std::vector<int64_t> FindVersions(const fs::path& model_folder) {
  std::vector<int64_t> versions;
  for (const fs::path& entry : SortedEntries(model_folder)) {
    if (!IsFolder(entry)) continue;
    if (auto version = ParseVersion(entry.filename().string())) {
      versions.push_back(*version);
    }
  }
  absl::c_sort(versions);
  return versions;
}

ServableSpec MakeSpec(const std::string& model, int64_t version,
                      const fs::path& archive, const ServableConfig& config) {
  return {{model, version}, archive.string(), config, absl::OkStatus()};
}

// A folder that was meant as a model shows up as a failed one; others do not.
void ScanFolderWithoutVersions(const fs::path& folder,
                               const ServableConfig& defaults,
                               std::vector<ServableSpec>* found) {
  const std::string model = folder.filename().string();
  if (!IsEntry(folder / std::string(kArchiveFile)) &&
      !IsEntry(folder / std::string(kConfigFile))) {
    LogWarning("folder has no version folder (1, 2, …); passed over",
               {{"model", model}});
    return;
  }
  found->push_back(MakeSpec(model, 1, folder, defaults));
  found->back().status = absl::InvalidArgumentError(
      absl::StrCat("the folder has no version folder; expected ", model, "/1/",
                   std::string(kArchiveFile)));
}

void ScanModelFolder(const fs::path& folder, const ServableConfig& defaults,
                     std::vector<ServableSpec>* found) {
  const std::string model = folder.filename().string();
  const std::vector<int64_t> versions = FindVersions(folder);
  if (versions.empty()) {
    ScanFolderWithoutVersions(folder, defaults, found);
    return;
  }
  const fs::path config_path = folder / std::string(kConfigFile);
  absl::StatusOr<ModelConfigFile> config =
      IsEntry(config_path)
          ? ReadModelConfig(config_path.string(), model, defaults)
          : ModelConfigFile{defaults, VersionPolicy{},
                            std::string(kArchiveFile)};
  const auto add_broken = [&](const absl::Status& status) {
    found->push_back(MakeSpec(model, versions.back(), folder, defaults));
    found->back().status = status;
  };
  if (!config.ok()) return add_broken(config.status());
  const std::vector<int64_t> chosen =
      ChooseVersions(config->version_policy, versions);
  if (chosen.empty()) {
    return add_broken(absl::InvalidArgumentError(
        absl::StrCat("config.pbtxt: version_policy picks none of the versions ",
                     absl::StrJoin(versions, ","))));
  }
  for (int64_t version : chosen) {
    found->push_back(
        MakeSpec(model, version,
                 folder / absl::StrCat(version) / config->archive_file_name,
                 config->servable));
  }
}

void ScanBareFile(const fs::path& file, const ServableConfig& defaults,
                  std::vector<ServableSpec>* found) {
  const std::string suffix = absl::AsciiStrToLower(file.extension().string());
  if (suffix.empty() || absl::c_linear_search(kDocuments, suffix)) {
    LogInfo("file is no model; passed over",
            {{"file", file.filename().string()}});
    return;
  }
  found->push_back(MakeSpec(file.stem().string(), 1, file, defaults));
}

}  // namespace

absl::StatusOr<std::vector<ServableSpec>> ScanModelRepository(
    const std::string& directory, const ServableConfig& defaults) {
  std::error_code error;
  fs::directory_iterator readable(directory, error);
  if (error) {
    return absl::InvalidArgumentError(absl::StrCat(
        "model repository '", directory, "' cannot be read: ", error.message(),
        "; --model-repository takes a folder of models"));
  }
  std::vector<ServableSpec> found;
  for (const fs::path& entry : SortedEntries(directory)) {
    if (!HasUsableName(entry)) {
      LogWarning("name holds other than printable ASCII; passed over",
                 {{"entry", entry.filename().string()}});
      continue;
    }
    if (IsFolder(entry)) {
      ScanModelFolder(entry, defaults, &found);
    } else if (IsFile(entry)) {
      ScanBareFile(entry, defaults, &found);
    }
  }
  return found;
}

}  // namespace sconce

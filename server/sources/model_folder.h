// What lies in the folder of one model.
#ifndef SERVER_SOURCES_MODEL_FOLDER_H_
#define SERVER_SOURCES_MODEL_FOLDER_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "server/core/servable_config.h"
#include "server/sources/model_config.h"

namespace sconce {

using FolderEntryList = std::vector<std::filesystem::directory_entry>;

inline constexpr absl::string_view kConfigFile = "config.pbtxt";
inline constexpr absl::string_view kArchiveFile = "model.pt";

std::string EntryName(const std::filesystem::directory_entry& entry);

// Null: there is none of that name.
const std::filesystem::directory_entry* FindEntry(
    const FolderEntryList& entries, absl::string_view name);

// The numbers of the version folders, ascending.
std::vector<int64_t> VersionsIn(const FolderEntryList& entries);

// Reads a config file for the model called `model`; empty: whatever it says.
// INVALID_ARGUMENT, fit for a client.
absl::StatusOr<ModelConfigFile> ReadModelConfig(
    const std::filesystem::directory_entry& file, const std::string& model,
    const ServableConfig& defaults);

}  // namespace sconce

#endif  // SERVER_SOURCES_MODEL_FOLDER_H_

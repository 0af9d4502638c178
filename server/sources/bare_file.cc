#include "server/sources/bare_file.h"

#include <array>
#include <filesystem>
#include <system_error>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"

namespace sconce {
namespace {

namespace fs = std::filesystem;

constexpr std::array<absl::string_view, 8> kDocuments = {
    ".md", ".txt", ".json", ".pbtxt", ".yaml", ".yml", ".tmp", ".part"};

bool IsBareFileOf(const fs::directory_entry& entry, absl::string_view model) {
  std::error_code ignored;
  const std::string suffix =
      absl::AsciiStrToLower(entry.path().extension().string());
  return entry.path().stem().string() == model && !suffix.empty() &&
         !absl::c_linear_search(kDocuments, suffix) &&
         entry.is_regular_file(ignored);
}

}  // namespace

std::optional<std::string> FindBareFile(const std::string& repository,
                                        absl::string_view model) {
  std::optional<std::string> first;
  std::error_code error;
  for (fs::directory_iterator it(repository, error), end; it != end && !error;
       it.increment(error)) {
    if (!IsBareFileOf(*it, model)) continue;
    if (!first || it->path().string() < *first) first = it->path().string();
  }
  return first;
}

}  // namespace sconce

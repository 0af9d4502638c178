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
  return entry.path().stem().string() == model &&
         !IsDocumentSuffix(entry.path().extension().string()) &&
         entry.is_regular_file(ignored);
}

}  // namespace

bool IsDocumentSuffix(absl::string_view suffix) {
  return suffix.empty() ||
         absl::c_linear_search(kDocuments, absl::AsciiStrToLower(suffix));
}

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

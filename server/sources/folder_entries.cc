#include "server/sources/folder_entries.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <system_error>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"

namespace sconce {
namespace {

namespace fs = std::filesystem;

std::string NameOf(const fs::directory_entry& entry) {
  return entry.path().filename().string();
}

absl::StatusOr<std::string> ReadAll(int fd, size_t most) {
  struct stat file = {};
  if (fstat(fd, &file) != 0 || !S_ISREG(file.st_mode)) {
    return absl::InvalidArgumentError("cannot be read");
  }
  if (static_cast<size_t>(file.st_size) > most) {
    return absl::InvalidArgumentError(absl::StrCat(
        "cannot be read; expected a file of at most ", most, " bytes"));
  }
  std::string text(static_cast<size_t>(file.st_size), '\0');
  const ssize_t size = read(fd, text.data(), text.size());
  if (size < 0) return absl::InvalidArgumentError("cannot be read");
  text.resize(static_cast<size_t>(size));
  return text;
}

}  // namespace

absl::StatusOr<std::vector<fs::directory_entry>> FolderEntries(
    const fs::path& folder) {
  std::vector<std::pair<std::string, fs::directory_entry>> named;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; it != end && !error;
       it.increment(error)) {
    std::string name = NameOf(*it);
    if (name.front() != '.') named.emplace_back(std::move(name), *it);
  }
  if (error) return absl::InvalidArgumentError(error.message());
  absl::c_sort(named,
               [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<fs::directory_entry> entries;
  entries.reserve(named.size());
  for (auto& [name, entry] : named) entries.push_back(std::move(entry));
  return entries;
}

EntryKind KindOf(const fs::directory_entry& entry) {
  // The overloads without an error code throw for a link in a circle.
  std::error_code ignored;
  if (entry.is_directory(ignored)) return EntryKind::kFolder;
  if (entry.is_regular_file(ignored)) return EntryKind::kFile;
  return EntryKind::kNothing;
}

absl::StatusOr<std::string> ReadSmallFile(const fs::path& path, size_t most) {
  // To open a pipe would block without O_NONBLOCK.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return absl::InvalidArgumentError("cannot be read");
  absl::StatusOr<std::string> text = ReadAll(fd, most);
  close(fd);
  return text;
}

}  // namespace sconce

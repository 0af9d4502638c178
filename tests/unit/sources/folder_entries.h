// FilesBelow: what lies in a folder, for tests of what is left behind.
#ifndef TESTS_UNIT_SOURCES_FOLDER_ENTRIES_H_
#define TESTS_UNIT_SOURCES_FOLDER_ENTRIES_H_

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

namespace sconce {

// The paths below `root` of everything but folders, hidden ones, too.
inline std::set<std::string> FilesBelow(const std::string& root) {
  std::set<std::string> files;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(root)) {
    if (entry.is_symlink() || !entry.is_directory()) {
      files.insert(entry.path().lexically_relative(root).string());
    }
  }
  return files;
}

inline std::string ContentOf(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace sconce

#endif  // TESTS_UNIT_SOURCES_FOLDER_ENTRIES_H_

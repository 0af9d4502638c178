// TempRepository: a folder of files that is gone after the test.
#ifndef TESTS_UNIT_SOURCES_TEMP_REPOSITORY_H_
#define TESTS_UNIT_SOURCES_TEMP_REPOSITORY_H_

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "gtest/gtest.h"

namespace sconce {

class TempRepository {
 public:
  TempRepository() {
    std::string pattern = testing::TempDir() + "sconce-repository-XXXXXX";
    const char* const made = mkdtemp(pattern.data());
    EXPECT_NE(made, nullptr) << "no temporary folder";
    root_ = made == nullptr ? "" : made;
  }
  ~TempRepository() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  TempRepository(const TempRepository&) = delete;
  TempRepository& operator=(const TempRepository&) = delete;

  std::string path() const { return root_.string(); }
  std::string path(const std::string& entry) const {
    return (root_ / entry).string();
  }

  // Both make the folders on the way.
  void AddFolder(const std::string& folder) const {
    std::filesystem::create_directories(root_ / folder);
  }
  void AddFile(const std::string& file, const std::string& text = "") const {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }

  void AddLink(const std::string& link, const std::string& target) const {
    std::filesystem::create_symlink(target, root_ / link);
  }

 private:
  std::filesystem::path root_;
};

}  // namespace sconce

#endif  // TESTS_UNIT_SOURCES_TEMP_REPOSITORY_H_

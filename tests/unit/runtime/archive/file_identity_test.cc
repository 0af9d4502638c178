#include "server/runtime/archive/file_identity.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/test_path.h"

namespace sconce {
namespace {

std::string Write(const std::string& name, const std::string& content) {
  const std::string path = TestPath(name);
  std::ofstream(path) << content;
  return path;
}

// A file system's clock may stand still for some milliseconds.
void SetModified(const std::string& path, time_t seconds) {
  const timespec times[] = {{seconds, 0}, {seconds, 0}};
  ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

TEST(FileIdentityTest, AFileThatIsLeftAloneIsTheSame) {
  const std::string path = Write("a", "one");
  EXPECT_EQ(IdentifyFile(path), IdentifyFile(path));
}

TEST(FileIdentityTest, AnotherFileInItsPlaceIsNot) {
  const std::string path = Write("a", "one");
  const std::string other = Write("b", "one");
  SetModified(path, 1);
  SetModified(other, 1);
  const FileIdentity before = IdentifyFile(path);
  std::filesystem::rename(other, path);
  EXPECT_FALSE(IdentifyFile(path) == before);
}

TEST(FileIdentityTest, NorIsOneThatGrew) {
  const std::string path = Write("a", "one");
  SetModified(path, 1);
  const FileIdentity before = IdentifyFile(path);
  Write("a", "three");
  SetModified(path, 1);
  EXPECT_FALSE(IdentifyFile(path) == before);
}

TEST(FileIdentityTest, NorIsOneThatWasWrittenTo) {
  const std::string path = Write("a", "one");
  SetModified(path, 1);
  const FileIdentity before = IdentifyFile(path);
  SetModified(path, 2);
  EXPECT_FALSE(IdentifyFile(path) == before);
}

TEST(FileIdentityTest, AFileThatIsGoneIsNone) {
  EXPECT_EQ(IdentifyFile(TestPath("nothing")), FileIdentity());
}

TEST(FileIdentityTest, ALinkIsWhatItLeadsTo) {
  const std::string path = Write("a", "one");
  const std::string link = TestPath("link");
  std::filesystem::remove(link);
  std::filesystem::create_symlink(path, link);
  EXPECT_EQ(IdentifyFile(link), IdentifyFile(path));
}

}  // namespace
}  // namespace sconce

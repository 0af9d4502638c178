#include "client/loadtest/report/write_file.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sconce::load {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class WriteFileTest : public ::testing::Test {
 protected:
  WriteFileTest() {
    std::string name = ::testing::TempDir() + "write_file_XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~WriteFileTest() override { fs::remove_all(folder_); }

  std::string TextOf(const std::string& name) const {
    std::ifstream file(folder_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  size_t Files() const {
    return std::distance(fs::directory_iterator(folder_), {});
  }

  fs::path folder_;
};

TEST_F(WriteFileTest, WritesAndReplaces) {
  ASSERT_TRUE(WriteFile(folder_ / "a.json", "a longer text").ok());
  ASSERT_TRUE(WriteFile(folder_ / "a.json", "short").ok());
  EXPECT_EQ(TextOf("a.json"), "short");
  EXPECT_EQ(Files(), 1);
}

TEST_F(WriteFileTest, ACheckLeavesEverythingAsItIs) {
  ASSERT_TRUE(WriteFile(folder_ / "a.json", "text").ok());
  EXPECT_TRUE(CheckWritable(folder_ / "a.json").ok());
  EXPECT_TRUE(CheckWritable(folder_ / "b.json").ok());
  EXPECT_FALSE(CheckWritable(folder_ / "no" / "a.json").ok());
  EXPECT_EQ(TextOf("a.json"), "text");
  EXPECT_EQ(Files(), 1);
}

TEST_F(WriteFileTest, NamesAFolderThatIsNotThere) {
  const absl::Status status = WriteFile(folder_ / "no" / "a.json", "text");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("no/a.json: No such file or directory"),
                    HasSubstr("is there such a folder?")));
}

TEST_F(WriteFileTest, AFolderIsNoFile) {
  EXPECT_THAT(std::string(WriteFile(folder_, "text").message()),
              HasSubstr("Is a directory"));
  EXPECT_TRUE(fs::is_directory(folder_));
}

TEST_F(WriteFileTest, KeepsTheOldFileWhereTheNewOneFails) {
  ASSERT_TRUE(WriteFile(folder_ / "a", "old").ok());
  fs::create_directory(folder_ / ("a." + std::to_string(getpid()) + ".tmp"));
  EXPECT_FALSE(WriteFile(folder_ / "a", "new").ok());
  EXPECT_EQ(TextOf("a"), "old");
}

TEST_F(WriteFileTest, ALinkStaysALink) {
  ASSERT_TRUE(WriteFile(folder_ / "a", "old").ok());
  fs::create_symlink(folder_ / "a", folder_ / "link");
  ASSERT_TRUE(WriteFile(folder_ / "link", "new").ok());
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(TextOf("a"), "new");
}

TEST_F(WriteFileTest, ADeviceIsWrittenAsItIs) {
  EXPECT_TRUE(WriteFile("/dev/null", "text").ok());
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_THAT(std::string(WriteFile("/dev/full", "text").message()),
              HasSubstr("No space left"));
}

}  // namespace
}  // namespace sconce::load

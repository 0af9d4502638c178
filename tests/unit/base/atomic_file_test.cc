#include "server/base/atomic_file.h"

#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/support/nth_call.h"

namespace sconce {
namespace {

using ::testing::AnyOf;

// A folder of its own for each test.
class AtomicFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "sconce-atomic-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path() const { return (folder_ / "state.json").string(); }

  std::string Content() const {
    std::ostringstream text;
    text << std::ifstream(path()).rdbuf();
    return text.str();
  }

  int CountFiles() const {
    int count = 0;
    for (const auto& each : std::filesystem::directory_iterator(folder_)) {
      count += each.exists() ? 1 : 0;
    }
    return count;
  }

  std::filesystem::path folder_;
};

TEST_F(AtomicFileTest, MakesTheFile) {
  EXPECT_EQ(WriteFileAtomically(path(), "new"), 0);
  EXPECT_EQ(Content(), "new");
}

TEST_F(AtomicFileTest, ReplacesALongerFileAsAWhole) {
  ASSERT_EQ(WriteFileAtomically(path(), std::string(10000, 'x')), 0);
  EXPECT_EQ(WriteFileAtomically(path(), "new"), 0);
  EXPECT_EQ(Content(), "new");
  EXPECT_EQ(CountFiles(), 1);
}

TEST_F(AtomicFileTest, GoesOnFromWhatACrashHasLeft) {
  std::ofstream(path() + ".tmp") << "half of a longer text";
  EXPECT_EQ(WriteFileAtomically(path(), "new"), 0);
  EXPECT_EQ(Content(), "new");
  EXPECT_EQ(CountFiles(), 1);
}

TEST_F(AtomicFileTest, AFailureOfAnyCallLeavesTheOldOrTheNewFile) {
  std::set<std::string> failed;
  for (int n = 1;; ++n) {
    ASSERT_EQ(WriteFileAtomically(path(), "old"), 0);
    const FailNthCall fault(n, EIO);
    const int error = WriteFileAtomically(path(), "new");
    if (fault.failed().empty()) break;
    failed.insert(fault.failed());
    EXPECT_EQ(error, EIO);
    EXPECT_THAT(Content(), AnyOf("old", "new")) << fault.failed();
    EXPECT_EQ(CountFiles(), 1) << fault.failed();
  }
  EXPECT_EQ(failed,
            (std::set<std::string>{"open", "write", "fsync", "rename"}));
}

TEST_F(AtomicFileTest, AFailureToMakeTheFileLeavesNone) {
  for (const int n : {1, 2, 3, 4}) {
    const FailNthCall fault(n, ENOSPC);
    EXPECT_EQ(WriteFileAtomically(path(), "new"), ENOSPC);
    EXPECT_EQ(CountFiles(), 0) << fault.failed();
  }
}

TEST_F(AtomicFileTest, AMissingFolderIsAnError) {
  EXPECT_EQ(WriteFileAtomically((folder_ / "none" / "file").string(), "new"),
            ENOENT);
}

}  // namespace
}  // namespace sconce

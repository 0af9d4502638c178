#include "server/base/file_calls.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/support/nth_call.h"

namespace sconce {
namespace {

using ::testing::HasSubstr;

class FileCallsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "sconce-calls-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const {
    return (folder_ / name).string();
  }

  std::filesystem::path folder_;
};

TEST_F(FileCallsTest, AnOpenFileIsClosedWithItsOwner) {
  int fd = -1;
  {
    FileDescriptor file;
    ASSERT_EQ(OpenFile(path("file"), O_WRONLY | O_CREAT, &file), 0);
    fd = file.get();
    EXPECT_NE(fcntl(fd, F_GETFD), -1);
  }
  EXPECT_EQ(fcntl(fd, F_GETFD), -1);
}

TEST_F(FileCallsTest, OpenFollowsNoLink) {
  std::ofstream(path("file")) << "text";
  std::filesystem::create_symlink("file", path("link"));
  FileDescriptor file;
  EXPECT_EQ(OpenFile(path("link"), O_RDONLY, &file), ELOOP);
}

TEST_F(FileCallsTest, ReservedSpaceIsNotPartOfTheFile) {
  FileDescriptor file;
  ASSERT_EQ(OpenFile(path("file"), O_WRONLY | O_CREAT, &file), 0);
  ASSERT_EQ(ReserveSpace(file.get(), 100000), 0);
  EXPECT_EQ(std::filesystem::file_size(path("file")), 0u);
}

TEST_F(FileCallsTest, AFileSystemThatCannotReserveIsNoError) {
  FileDescriptor file;
  ASSERT_EQ(OpenFile(path("file"), O_WRONLY | O_CREAT, &file), 0);
  const FailNthCall fault(1, EOPNOTSUPP);
  EXPECT_EQ(ReserveSpace(file.get(), 100000), 0);
}

TEST_F(FileCallsTest, AFolderIsMadeOnce) {
  bool made = false;
  EXPECT_EQ(MakeFolder(path("folder"), &made), 0);
  EXPECT_TRUE(made);
  EXPECT_EQ(MakeFolder(path("folder"), &made), 0);
  EXPECT_FALSE(made);
}

TEST_F(FileCallsTest, AFileInTheFoldersPlaceIsAnError) {
  std::ofstream(path("folder")) << "text";
  EXPECT_EQ(MakeFolder(path("folder")), EEXIST);
}

TEST_F(FileCallsTest, RenameToNewReplacesNotEvenAnEmptyFolder) {
  ASSERT_EQ(MakeFolder(path("from")), 0);
  ASSERT_EQ(MakeFolder(path("to")), 0);
  EXPECT_EQ(RenameToNew(path("from"), path("to")), EEXIST);
  EXPECT_EQ(RenameToNew(path("from"), path("other")), 0);
}

TEST_F(FileCallsTest, RenameToNewWorksWhereTheKernelHasNoSuchCall) {
  ASSERT_EQ(MakeFolder(path("from")), 0);
  ASSERT_EQ(MakeFolder(path("to")), 0);
  {
    const FailNthCall fault(1, EINVAL);
    EXPECT_EQ(RenameToNew(path("from"), path("to")), EEXIST);
  }
  const FailNthCall fault(1, EINVAL);
  EXPECT_EQ(RenameToNew(path("from"), path("other")), 0);
  EXPECT_TRUE(std::filesystem::exists(path("other")));
}

TEST_F(FileCallsTest, AFaultIsOverWithItsScope) {
  {
    const FailNthCall fault(1, EIO);
    EXPECT_EQ(SyncFolder(folder_.string()), EIO);
    EXPECT_EQ(fault.failed(), "fsync");
  }
  EXPECT_EQ(SyncFolder(folder_.string()), 0);
}

TEST(FileErrorTest, AFullDiskIsResourceExhausted) {
  for (const int error : {ENOSPC, EDQUOT, EFBIG}) {
    EXPECT_EQ(FileError(error, "the upload").code(),
              absl::StatusCode::kResourceExhausted);
  }
}

TEST(FileErrorTest, WhatMayNotBeWrittenIsAFailedPrecondition) {
  for (const int error : {EROFS, EACCES, EPERM}) {
    EXPECT_EQ(FileError(error, "the upload").code(),
              absl::StatusCode::kFailedPrecondition);
  }
}

TEST(FileErrorTest, OthersAreInternalAndSayWhy) {
  const absl::Status status = FileError(EIO, "the upload");
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("the upload: Input/output error"));
}

}  // namespace
}  // namespace sconce

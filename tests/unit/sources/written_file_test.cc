#include "server/sources/written_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "gtest/gtest.h"

#include "server/base/file_descriptor.h"

namespace sconce {
namespace {

std::string NewFile(const std::string& name) {
  const std::string path = testing::TempDir() + name;
  std::ofstream(path) << "bytes";
  return path;
}

TEST(WrittenFileTest, TellsAWriterFromNone) {
  const std::string path = NewFile("written_file");
  EXPECT_FALSE(IsBeingWritten(path));
  {
    const FileDescriptor writer(open(path.c_str(), O_WRONLY | O_CLOEXEC));
    ASSERT_TRUE(writer.is_open());
    EXPECT_TRUE(IsBeingWritten(path));
  }
  EXPECT_FALSE(IsBeingWritten(path));
}

TEST(WrittenFileTest, AReaderIsNoWriter) {
  const std::string path = NewFile("read_file");
  const FileDescriptor reader(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(reader.is_open());
  EXPECT_FALSE(IsBeingWritten(path));
}

TEST(WrittenFileTest, NothingIsLeftThatAWriterWouldMeet) {
  const std::string path = NewFile("free_file");
  EXPECT_FALSE(IsBeingWritten(path));
  const FileDescriptor writer(
      open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK));
  EXPECT_TRUE(writer.is_open());
}

TEST(WrittenFileTest, WhatIsNoFileIsNotWritten) {
  EXPECT_FALSE(IsBeingWritten(testing::TempDir() + "no_such_file"));
  EXPECT_FALSE(IsBeingWritten(testing::TempDir()));
  const std::string pipe = testing::TempDir() + "a_pipe";
  std::filesystem::remove(pipe);
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_FALSE(IsBeingWritten(pipe));
}

}  // namespace
}  // namespace sconce

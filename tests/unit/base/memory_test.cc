#include "server/base/memory.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "gtest/gtest.h"

#include "tests/support/test_path.h"

namespace sconce {
namespace {

TEST(MemoryTest, ALimitIsRead) {
  EXPECT_EQ(BytesOfMemoryMax("1073741824\n"), 1073741824u);
}

TEST(MemoryTest, MaxIsNoLimit) {
  EXPECT_EQ(BytesOfMemoryMax("max\n"), std::nullopt);
}

TEST(MemoryTest, OtherTextIsNoLimit) {
  for (const char* text : {"", "0", "-1", "1 GiB", "many"}) {
    EXPECT_EQ(BytesOfMemoryMax(text), std::nullopt) << text;
  }
}

// A new folder with one file in it, as a cgroup is mounted.
std::string Cgroup(const std::filesystem::path& file, const char* text) {
  const std::filesystem::path root = TestPath("cgroup");
  std::filesystem::remove_all(root);
  std::filesystem::create_directories((root / file).parent_path());
  std::ofstream(root / file) << text;
  return root.string();
}

TEST(MemoryTest, TheLimitOfACgroupOfVersion2IsFound) {
  EXPECT_EQ(MemoryOfCgroup(Cgroup("memory.max", "4096\n")), 4096u);
}

TEST(MemoryTest, TheLimitOfACgroupOfVersion1IsFound) {
  EXPECT_EQ(MemoryOfCgroup(Cgroup("memory/memory.limit_in_bytes", "4096\n")),
            4096u);
}

TEST(MemoryTest, WithoutACgroupThereIsNoLimit) {
  EXPECT_EQ(MemoryOfCgroup(TestPath("nowhere")), std::nullopt);
}

TEST(MemoryTest, ThereIsSome) { EXPECT_GT(UsableMemory(), 1u << 20); }

}  // namespace
}  // namespace sconce

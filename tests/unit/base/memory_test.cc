#include "server/base/memory.h"

#include "gtest/gtest.h"

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

TEST(MemoryTest, ThereIsSome) { EXPECT_GT(UsableMemory(), 1u << 20); }

}  // namespace
}  // namespace sconce

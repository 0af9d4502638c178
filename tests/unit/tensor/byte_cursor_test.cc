#include "server/tensor/byte_cursor.h"

#include <cstdint>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sconce {
namespace {

class ByteCursorTest : public testing::Test {
 protected:
  ByteCursorTest() {
    bytes_.Append(absl::MakeConstSpan(first_));
    bytes_.Append(absl::MakeConstSpan(second_));
  }

  static std::string Take(size_t size, ByteCursor* cursor) {
    ByteChunks out;
    cursor->Take(size, &out);
    return out.Join();
  }

  const std::vector<uint8_t> first_ = {'a', 'b', 'c'};
  const std::vector<uint8_t> second_ = {'d', 'e'};
  ByteChunks bytes_;
};

TEST_F(ByteCursorTest, TakesRangesOneAfterTheOther) {
  ByteCursor cursor(bytes_);
  EXPECT_EQ(Take(2, &cursor), "ab");
  EXPECT_EQ(Take(2, &cursor), "cd");
  EXPECT_EQ(Take(1, &cursor), "e");
}

TEST_F(ByteCursorTest, ARangeMayEndWithAChunk) {
  ByteCursor cursor(bytes_);
  EXPECT_EQ(Take(3, &cursor), "abc");
  EXPECT_EQ(Take(2, &cursor), "de");
}

TEST_F(ByteCursorTest, CopiesNothing) {
  ByteCursor cursor(bytes_);
  ByteChunks out;
  cursor.Take(4, &out);
  ASSERT_EQ(out.chunks().size(), 2u);
  EXPECT_EQ(out.chunks()[0].data(), first_.data());
  EXPECT_EQ(out.chunks()[1].data(), second_.data());
}

TEST_F(ByteCursorTest, NothingCanBeTakenOfNothing) {
  const ByteChunks none;
  ByteCursor cursor(none);
  EXPECT_EQ(Take(0, &cursor), "");
}

}  // namespace
}  // namespace sconce

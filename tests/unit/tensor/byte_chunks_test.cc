#include "server/tensor/byte_chunks.h"

#include <array>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;

std::vector<uint8_t> Copy(const ByteChunks& chunks) {
  std::vector<uint8_t> bytes(chunks.size());
  chunks.CopyTo(bytes.data());
  return bytes;
}

TEST(ByteChunksTest, StartsEmpty) {
  const ByteChunks chunks;
  EXPECT_EQ(chunks.size(), 0u);
  EXPECT_TRUE(chunks.chunks().empty());
}

TEST(ByteChunksTest, OneChunkIsReadAsItIs) {
  const std::vector<uint8_t> bytes = {1, 2, 3};
  const ByteChunks chunks{absl::MakeConstSpan(bytes)};
  EXPECT_THAT(Copy(chunks), ElementsAre(1, 2, 3));
}

TEST(ByteChunksTest, ChunksAreReadInTheOrderOfAppending) {
  const std::vector<uint8_t> first = {1, 2};
  const std::vector<uint8_t> second = {3};
  const std::vector<uint8_t> third = {4, 5, 6};
  ByteChunks chunks{absl::MakeConstSpan(first)};
  chunks.Append(second);
  chunks.Append(third);
  EXPECT_THAT(Copy(chunks), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(ByteChunksTest, TheSizeIsThatOfAllChunks) {
  const std::array<uint8_t, 70'000> bytes = {};
  ByteChunks chunks;
  chunks.Append(absl::MakeConstSpan(bytes).first(65'536));
  chunks.Append(absl::MakeConstSpan(bytes).subspan(65'536));
  EXPECT_EQ(chunks.size(), 70'000u);
}

TEST(ByteChunksTest, EmptyChunksAreNotKept) {
  ByteChunks chunks;
  chunks.Append({});
  EXPECT_TRUE(chunks.chunks().empty());
}

TEST(ByteChunksTest, TheBytesAreBorrowedNotCopied) {
  const std::vector<uint8_t> bytes = {1, 2};
  const ByteChunks chunks{absl::MakeConstSpan(bytes)};
  ASSERT_EQ(chunks.chunks().size(), 1u);
  EXPECT_EQ(chunks.chunks()[0].data(), bytes.data());
}

TEST(ByteChunksTest, CopyingWritesNothingBehindTheEnd) {
  const std::vector<uint8_t> bytes = {1, 2};
  const ByteChunks chunks{absl::MakeConstSpan(bytes)};
  std::vector<uint8_t> destination(3, 9);
  chunks.CopyTo(destination.data());
  EXPECT_THAT(destination, ElementsAre(1, 2, 9));
}

}  // namespace
}  // namespace sconce

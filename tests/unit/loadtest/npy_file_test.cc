#include "client/loadtest/payload/npy_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/loadtest/numpy_files.h"

namespace sconce::load {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> TextsOf(const Tensor& tensor) {
  const auto texts = tensor.view().Strings();
  EXPECT_TRUE(texts.ok()) << texts.status();
  return {texts->begin(), texts->end()};
}

std::string FaultOf(const std::string& file) {
  const auto read = ReadNpy(file);
  EXPECT_TRUE(absl::IsInvalidArgument(read.status())) << read.status();
  return std::string(read.status().message());
}

TEST(NpyFileTest, ReadsTypeShapeAndValues) {
  const std::string data = Raw<float>({1, 2, 3, 4, 5, 6});
  const auto read = ReadNpy(NpyOf("<f4", "(2, 3)", data));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->type, DataType::kFp32);
  EXPECT_THAT(read->shape, ElementsAre(2, 3));
  EXPECT_EQ(read->bytes, data);
}

TEST(NpyFileTest, ReadsEveryType) {
  const std::vector<std::pair<std::string, DataType>> types = {
      {"|b1", DataType::kBool},   {"|u1", DataType::kUint8},
      {"<u2", DataType::kUint16}, {"<u4", DataType::kUint32},
      {"<u8", DataType::kUint64}, {"|i1", DataType::kInt8},
      {"<i2", DataType::kInt16},  {"<i4", DataType::kInt32},
      {"<i8", DataType::kInt64},  {"<f2", DataType::kFp16},
      {"<f4", DataType::kFp32},   {"<f8", DataType::kFp64},
      {"<V2", DataType::kBf16}};
  for (const auto& [descr, type] : types) {
    const std::string data(3 * ElementSize(type), '\1');
    const auto read = ReadNpy(NpyOf(descr, "(3,)", data));
    ASSERT_TRUE(read.ok()) << descr << ": " << read.status();
    EXPECT_EQ(read->type, type);
    EXPECT_THAT(read->shape, ElementsAre(3));
    EXPECT_EQ(read->bytes, data);
  }
}

TEST(NpyFileTest, ReadsAllFormats) {
  const std::string header =
      "{'descr': '<i2', 'fortran_order': False, 'shape': (), }";
  for (const int major : {1, 2, 3}) {
    const auto read = ReadNpy(NpyBytes(header, Raw<int16_t>({7}), major));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_TRUE(read->shape.empty());
    EXPECT_EQ(read->bytes, Raw<int16_t>({7}));
  }
  EXPECT_THAT(FaultOf(NpyBytes(header, Raw<int16_t>({7}), 4)),
              HasSubstr("format 4"));
}

TEST(NpyFileTest, TurnsColumnsIntoRows) {
  // [[1, 2, 3], [4, 5, 6]], then [[[1, 2], [3, 4]], [[5, 6], [7, 8]]].
  const auto two =
      ReadNpy(NpyOf("<i4", "(2, 3)", Raw<int32_t>({1, 4, 2, 5, 3, 6}), true));
  ASSERT_TRUE(two.ok()) << two.status();
  EXPECT_EQ(two->bytes, Raw<int32_t>({1, 2, 3, 4, 5, 6}));
  const auto three = ReadNpy(
      NpyOf("<i2", "(2, 2, 2)", Raw<int16_t>({1, 5, 3, 7, 2, 6, 4, 8}), true));
  ASSERT_TRUE(three.ok()) << three.status();
  EXPECT_EQ(three->bytes, Raw<int16_t>({1, 2, 3, 4, 5, 6, 7, 8}));
  const auto none = ReadNpy(NpyOf("<i2", "(0, 2)", "", true));
  EXPECT_TRUE(none.ok()) << none.status();
}

TEST(NpyFileTest, TurnsBigEndianAround) {
  const auto read = ReadNpy(NpyOf(">i2", "(2,)", {0, 1, 0, 2}));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->bytes, Raw<int16_t>({1, 2}));
}

TEST(NpyFileTest, TextsBecomeBytes) {
  using std::string_literals::operator""s;
  const auto bytes = ReadNpy(NpyOf("|S3", "(3,)", "ab\0a\0b\0\0\0"s));
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(bytes->type, DataType::kBytes);
  EXPECT_THAT(TextsOf(*bytes), ElementsAre("ab", "a\0b"s, ""));
  const std::vector<uint32_t> points = {'a', 0xe9, 0x20ac, 0x1f600, 0, 0, 0, 0};
  const auto text = ReadNpy(NpyOf("<U4", "(2,)", Raw(points)));
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_THAT(TextsOf(*text), ElementsAre("aé€😀", ""));
  const auto big = ReadNpy(NpyOf(">U1", "(1,)", "\0\0\0z"s));
  ASSERT_TRUE(big.ok()) << big.status();
  EXPECT_THAT(TextsOf(*big), ElementsAre("z"));
}

TEST(NpyFileTest, SaysWhyATypeCannotBeSent) {
  EXPECT_THAT(FaultOf(NpyOf("|O", "(1,)", "")), HasSubstr("Python objects"));
  EXPECT_THAT(FaultOf(NpyOf("<c8", "(1,)", "")), HasSubstr("complex"));
  EXPECT_THAT(FaultOf(NpyOf("<M8[ns]", "(1,)", "")), HasSubstr("times"));
  EXPECT_THAT(FaultOf(NpyOf("<f16", "(1,)", "")), HasSubstr("<f16"));
  EXPECT_THAT(FaultOf(NpyOf("", "(1,)", "")), HasSubstr("type"));
  EXPECT_THAT(FaultOf(NpyBytes("{'descr': [('a', '<f4')], 'fortran_order': "
                               "False, 'shape': (1,), }",
                               "")),
              HasSubstr("records"));
  EXPECT_THAT(FaultOf(NpyOf("<U1", "(1,)", Raw<uint32_t>({0xd800}))),
              HasSubstr("55296"));
}

TEST(NpyFileTest, SizesThatCannotBeAreRefusedBeforeMemoryIsTaken) {
  EXPECT_THAT(FaultOf(NpyOf("<f4", "(1000000, 1000000)", "")),
              HasSubstr("does not fit a message"));
  EXPECT_THAT(FaultOf(NpyOf("|S1", "(2000000000,)", "")),
              HasSubstr("does not fit a message"));
  EXPECT_THAT(FaultOf(NpyOf("<f4", "(-1,)", "")), HasSubstr("shape"));
  EXPECT_THAT(FaultOf(NpyOf("<f4", "(99999999999999999999,)", "")),
              HasSubstr("shape"));
  EXPECT_THAT(FaultOf(NpyOf("<U0", "(3,)", "")), HasSubstr("width"));
  EXPECT_THAT(FaultOf(NpyOf("<f4", "(3,)", "1234")),
              HasSubstr("12 bytes of data; found 4"));
}

TEST(NpyFileTest, NoStartOfAFileIsAFile) {
  const std::string file = NpyOf("<U3", "(2, 1)", std::string(24, '\0'));
  ASSERT_TRUE(ReadNpy(file).ok());
  for (size_t size = 0; size < file.size(); ++size) {
    EXPECT_FALSE(ReadNpy(file.substr(0, size)).ok()) << size;
  }
}

TEST(NpyFileTest, SurvivesEveryBrokenByte) {
  const std::string file =
      NpyOf("<i2", "(2, 2)", Raw<int16_t>({1, 2, 3, 4}), true);
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    std::string broken = file;
    for (int i = 0; i < 3; ++i) {
      broken[random() % broken.size()] = static_cast<char>(random());
    }
    const auto read = ReadNpy(broken);
    EXPECT_TRUE(!read.ok() || read->view().Validate().ok());
  }
}

TEST(NpyFileTest, NamesTheFile) {
  const auto missing = ReadNpyFile("/nowhere/x.npy");
  EXPECT_TRUE(absl::IsNotFound(missing.status()));
  EXPECT_THAT(std::string(missing.status().message()),
              HasSubstr("/nowhere/x.npy"));
  const std::string path = WriteFile("x.npy", "no array");
  EXPECT_THAT(std::string(ReadNpyFile(path).status().message()),
              ::testing::AllOf(HasSubstr(path), HasSubstr("no .npy file")));
  EXPECT_TRUE(absl::IsNotFound(ReadNpyFile(testing::TempDir()).status()));
}

}  // namespace
}  // namespace sconce::load

#include "client/loadtest/payload/npz_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "tests/unit/loadtest/numpy_files.h"

namespace sconce::load {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string X() { return NpyOf("<f4", "(2,)", Raw<float>({1, 2})); }
std::string Y() { return NpyOf("|b1", "(1,)", "\1"); }

std::string FaultOf(const std::string& path) {
  const auto read = ReadNpzFile(path);
  EXPECT_TRUE(absl::IsInvalidArgument(read.status())) << read.status();
  return std::string(read.status().message());
}

std::string BytesOfFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(NpzFileTest, ReadsArraysByName) {
  for (const bool compressed : {false, true}) {
    const auto read = ReadNpzFile(
        WriteZip("a.npz", {{"x.npy", X()}, {"y.npy", Y()}}, compressed));
    ASSERT_TRUE(read.ok()) << read.status();
    ASSERT_EQ(read->size(), 2U);
    EXPECT_EQ(read->at("x").bytes, Raw<float>({1, 2}));
    EXPECT_EQ(read->at("y").type, DataType::kBool);
  }
}

TEST(NpzFileTest, NamesFileAndArray) {
  const std::string path = WriteZip("a.npz", {{"x.npy", "no array"}});
  EXPECT_THAT(FaultOf(path), AllOf(HasSubstr(path), HasSubstr("x.npy"),
                                   HasSubstr("no .npy file")));
  EXPECT_THAT(FaultOf(WriteFile("b.npz", "no archive")),
              HasSubstr("no .npz file"));
  EXPECT_TRUE(absl::IsNotFound(ReadNpzFile("/nowhere.npz").status()));
}

TEST(NpzFileTest, TwoArraysOfOneNameAreRefused) {
  EXPECT_THAT(FaultOf(WriteZip("a.npz", {{"x.npy", X()}, {"x", X()}})),
              HasSubstr("twice"));
}

TEST(NpzFileTest, ABrokenChecksumIsSeen) {
  std::string bytes = BytesOfFile(WriteZip("a.npz", {{"x.npy", X()}}));
  bytes[bytes.find(Raw<float>({1, 2}))] ^= 1;
  EXPECT_THAT(FaultOf(WriteFile("b.npz", bytes)), HasSubstr("damaged"));
}

TEST(NpzFileTest, NoStartOfAFileIsAFile) {
  const std::string bytes =
      BytesOfFile(WriteZip("a.npz", {{"x.npy", X()}, {"y.npy", Y()}}, true));
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(ReadNpzFile(WriteFile("cut.npz", bytes.substr(0, size))).ok())
        << size;
  }
}

TEST(NpzFileTest, SurvivesBrokenBytes) {
  const std::string bytes =
      BytesOfFile(WriteZip("a.npz", {{"x.npy", X()}}, true));
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    std::string broken = bytes;
    broken[random() % broken.size()] = static_cast<char>(random());
    broken[random() % broken.size()] = static_cast<char>(random());
    const auto read = ReadNpzFile(WriteFile("broken.npz", broken));
    if (!read.ok()) continue;
    for (const auto& [name, tensor] : *read) {
      EXPECT_TRUE(tensor.view().Validate().ok());
    }
  }
}

}  // namespace
}  // namespace sconce::load

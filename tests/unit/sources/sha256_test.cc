#include "server/sources/sha256.h"

#include <string>

#include "gtest/gtest.h"

namespace sconce {
namespace {

// From FIPS 180-2.
TEST(Sha256Test, HashesAsTheStandardSays) {
  Sha256 hash;
  hash.Update("a");
  hash.Update("bc");
  EXPECT_EQ(hash.Finish(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256Test, HashesNothing) {
  EXPECT_EQ(Sha256().Finish(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Sha256Test, KnowsWhatCanBeAHash) {
  EXPECT_TRUE(IsSha256(std::string(32, 'a') + std::string(32, 'F')));
  EXPECT_FALSE(IsSha256(""));
  EXPECT_FALSE(IsSha256(std::string(63, 'a')));
  EXPECT_FALSE(IsSha256(std::string(65, 'a')));
  EXPECT_FALSE(IsSha256("../" + std::string(61, 'a')));
  EXPECT_FALSE(IsSha256(std::string(63, 'a') + "g"));
}

}  // namespace
}  // namespace sconce

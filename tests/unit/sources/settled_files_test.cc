#include "server/sources/settled_files.h"

#include <chrono>

#include "gtest/gtest.h"

namespace sconce {
namespace {

using std::chrono::milliseconds;

constexpr MonoTime At(int ms) { return MonoTime(milliseconds(ms)); }

TEST(SettledFilesTest, ANewRevisionHasToStayForTheSettleTime) {
  SettledFiles files(milliseconds(1000));
  EXPECT_FALSE(files.IsSettled("net/1", "a", At(0)));
  EXPECT_FALSE(files.IsSettled("net/1", "a", At(999)));
  EXPECT_TRUE(files.IsSettled("net/1", "a", At(1000)));
}

TEST(SettledFilesTest, EachChangeStartsTheTimeAnew) {
  SettledFiles files(milliseconds(1000));
  EXPECT_FALSE(files.IsSettled("net/1", "a", At(0)));
  EXPECT_FALSE(files.IsSettled("net/1", "b", At(900)));
  EXPECT_FALSE(files.IsSettled("net/1", "b", At(1800)));
  EXPECT_TRUE(files.IsSettled("net/1", "b", At(1900)));
}

TEST(SettledFilesTest, ASettledOneThatChangesIsNot) {
  SettledFiles files(milliseconds(1000));
  files.IsSettled("net/1", "a", At(0));
  ASSERT_TRUE(files.IsSettled("net/1", "a", At(1000)));
  EXPECT_FALSE(files.IsSettled("net/1", "b", At(5000)));
}

TEST(SettledFilesTest, ARevisionThatComesBackIsNew) {
  SettledFiles files(milliseconds(1000));
  files.IsSettled("net/1", "a", At(0));
  files.IsSettled("net/1", "b", At(500));
  EXPECT_FALSE(files.IsSettled("net/1", "a", At(1200)));
}

TEST(SettledFilesTest, KeysHaveTimesOfTheirOwn) {
  SettledFiles files(milliseconds(1000));
  files.IsSettled("net/1", "a", At(0));
  files.IsSettled("net/2", "a", At(500));
  EXPECT_TRUE(files.IsSettled("net/1", "a", At(1000)));
  EXPECT_FALSE(files.IsSettled("net/2", "a", At(1000)));
}

TEST(SettledFilesTest, NextCheckIsWhenTheFirstUnsettledOneSettles) {
  SettledFiles files(milliseconds(1000));
  EXPECT_EQ(files.NextCheck(), std::nullopt);
  files.IsSettled("net/1", "a", At(0));
  files.IsSettled("net/2", "a", At(500));
  EXPECT_EQ(files.NextCheck(), At(1000));
  files.IsSettled("net/1", "a", At(1000));
  EXPECT_EQ(files.NextCheck(), At(1500));
  files.IsSettled("net/2", "a", At(1500));
  EXPECT_EQ(files.NextCheck(), std::nullopt);
}

TEST(SettledFilesTest, KeysThatAreGoneAreForgotten) {
  SettledFiles files(milliseconds(1000));
  files.IsSettled("net/1", "a", At(0));
  files.IsSettled("net/2", "a", At(0));
  files.KeepOnly({"net/2"});
  EXPECT_FALSE(files.IsSettled("net/1", "a", At(1000)));
  EXPECT_TRUE(files.IsSettled("net/2", "a", At(1000)));
}

TEST(SettledFilesTest, AWriterThatPausesStartsTheTimeAnew) {
  SettledFiles files(milliseconds(1000));
  const auto written = [] { return true; };
  EXPECT_FALSE(files.IsSettled("net/1", "a", At(0), written));
  EXPECT_FALSE(files.IsSettled("net/1", "a", At(1000), written));
  EXPECT_EQ(files.NextCheck(), At(2000));
  EXPECT_FALSE(files.IsSettled("net/1", "a", At(1999)));
  EXPECT_TRUE(files.IsSettled("net/1", "a", At(2000)));
}

TEST(SettledFilesTest, WhoWritesToASettledFileChangesItsRevision) {
  SettledFiles files(milliseconds(1000));
  files.IsSettled("net/1", "a", At(0));
  ASSERT_TRUE(files.IsSettled("net/1", "a", At(1000)));
  EXPECT_TRUE(files.IsSettled("net/1", "a", At(2000), [] { return true; }));
}

TEST(SettledFilesTest, WithoutASettleTimeAllIsSettledAtOnce) {
  SettledFiles files(MonoDuration::zero());
  EXPECT_TRUE(files.IsSettled("net/1", "a", At(0)));
}

}  // namespace
}  // namespace sconce

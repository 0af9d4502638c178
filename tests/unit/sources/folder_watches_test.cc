#include "server/sources/folder_watches.h"

#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/base/file_calls.h"
#include "tests/unit/sources/temp_repository.h"

namespace sconce {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;

// The kernel queues an event before the call that makes it returns, so that
// ReadEvents() needs no waiting.
class FolderWatchesTest : public testing::Test {
 protected:
  void SetUp() override {
    if (FolderWatches({repository_.path()}).descriptor() < 0) {
      GTEST_SKIP() << "no inotify here";
    }
    repository_.AddFile("net/1/model.pt", "one");
  }

  // Whether `change` is told, after which nothing more is.
  template <typename Change>
  bool Tells(FolderWatches* watches, const Change& change) {
    change();
    const bool told = watches->ReadEvents();
    // What the change itself made the watches add may tell of more.
    watches->ReadEvents();
    return told;
  }

  TempRepository repository_;
};

TEST_F(FolderWatchesTest, ALocalFolderIsWatchedAndQuiet) {
  FolderWatches watches({repository_.path()});
  EXPECT_TRUE(watches.complete());
  EXPECT_FALSE(watches.ReadEvents());
}

TEST_F(FolderWatchesTest, TellsOfChangesInEachFolder) {
  FolderWatches watches({repository_.path()});
  const auto write = [&](const std::string& file) {
    return Tells(&watches, [&] { repository_.AddFile(file, "new"); });
  };
  EXPECT_TRUE(write("bare.pt"));
  EXPECT_TRUE(write("net/config.pbtxt"));
  EXPECT_TRUE(write("net/1/model.pt"));
  EXPECT_TRUE(
      Tells(&watches, [&] { fs::remove(repository_.path("bare.pt")); }));
  EXPECT_FALSE(watches.ReadEvents());
}

TEST_F(FolderWatchesTest, TellsOfRenamedAndDeletedEntries) {
  FolderWatches watches({repository_.path()});
  EXPECT_TRUE(Tells(&watches, [&] {
    fs::rename(repository_.path("net/1"), repository_.path("net/2"));
  }));
  EXPECT_TRUE(
      Tells(&watches, [&] { fs::remove_all(repository_.path("net/2")); }));
}

TEST_F(FolderWatchesTest, TellsOfChangesInFoldersThatCameLater) {
  FolderWatches watches({repository_.path()});
  EXPECT_TRUE(Tells(&watches, [&] { repository_.AddFolder("later/1"); }));
  EXPECT_TRUE(
      Tells(&watches, [&] { repository_.AddFile("later/1/model.pt", "x"); }));
}

TEST_F(FolderWatchesTest, TellsOfChangesInAFolderThatWasMovedIn) {
  const TempRepository elsewhere;
  elsewhere.AddFile("1/model.pt", "one");
  FolderWatches watches({repository_.path()});
  EXPECT_TRUE(Tells(&watches, [&] {
    fs::rename(elsewhere.path("1"), repository_.path("net/7"));
  }));
  EXPECT_TRUE(
      Tells(&watches, [&] { repository_.AddFile("net/7/model.pt", "two"); }));
}

TEST_F(FolderWatchesTest, AFolderThatWasMovedOutIsNotWatchedAnyLonger) {
  const TempRepository elsewhere;
  FolderWatches watches({repository_.path()});
  EXPECT_TRUE(Tells(&watches, [&] {
    fs::rename(repository_.path("net/1"), elsewhere.path("1"));
  }));
  EXPECT_FALSE(
      Tells(&watches, [&] { elsewhere.AddFile("1/model.pt", "two"); }));
}

TEST_F(FolderWatchesTest, FollowsLinksToFolders) {
  const TempRepository elsewhere;
  elsewhere.AddFile("1/model.pt", "one");
  FolderWatches watches({repository_.path()});
  EXPECT_TRUE(Tells(&watches,
                    [&] { repository_.AddLink("linked", elsewhere.path()); }));
  EXPECT_TRUE(Tells(&watches, [&] { elsewhere.AddFile("1/model.pt", "two"); }));
}

TEST_F(FolderWatchesTest, HiddenEntriesTellNothing) {
  FolderWatches watches({repository_.path()});
  EXPECT_FALSE(Tells(&watches, [&] {
    repository_.AddFile(".sconce/registry.json", "{}");
    repository_.AddFile(".sconce/uploads/part", "x");
    repository_.AddFile("net/1/.model.pt.part", "x");
  }));
}

TEST_F(FolderWatchesTest, LostEventsCountAsAChangeAndLoseNoFolder) {
  FolderWatches watches({repository_.path()});
  // Deletions and creations in turn: the kernel joins equal events in a row.
  for (int i = 0; i < 6000; ++i) {
    repository_.AddFile("net/1/a");
    fs::remove(repository_.path("net/1/a"));
  }
  repository_.AddFolder("later/1");
  EXPECT_TRUE(watches.ReadEvents());
  watches.ReadEvents();
  EXPECT_TRUE(
      Tells(&watches, [&] { repository_.AddFile("later/1/model.pt", "x"); }));
}

TEST_F(FolderWatchesTest, WithoutWatchesLeftItIsIncompleteAndWarnsOnce) {
  testing::internal::CaptureStderr();
  int warnings_after_first = 0;
  {
    const ScopedFileFault fault([](absl::string_view call) {
      return call == "inotify_add_watch" ? ENOSPC : 0;
    });
    FolderWatches watches({repository_.path()});
    EXPECT_FALSE(watches.complete());
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_THAT(log, HasSubstr("max_user_watches"));
    testing::internal::CaptureStderr();
    watches.Refresh();
    warnings_after_first =
        static_cast<int>(testing::internal::GetCapturedStderr().size());
  }
  EXPECT_EQ(warnings_after_first, 0);
}

TEST_F(FolderWatchesTest, ARootThatAppearsIsWatchedFromTheNextRefreshOn) {
  FolderWatches watches({repository_.path(), repository_.path("none/yet")});
  EXPECT_FALSE(watches.complete());
  repository_.AddFolder("none/yet");
  watches.Refresh();
  EXPECT_TRUE(watches.complete());
  watches.ReadEvents();
  EXPECT_TRUE(
      Tells(&watches, [&] { repository_.AddFile("none/yet/net.pt", "x"); }));
}

TEST_F(FolderWatchesTest, ARootThatIsDeletedLeavesItIncomplete) {
  repository_.AddFolder("root");
  FolderWatches watches({repository_.path("root")});
  EXPECT_TRUE(
      Tells(&watches, [&] { fs::remove_all(repository_.path("root")); }));
  EXPECT_FALSE(watches.complete());
}

TEST(IsRemoteFileSystemTest, KnowsThoseThatTheKernelDoesNotSee) {
  EXPECT_TRUE(IsRemoteFileSystem(0x6969));       // NFS
  EXPECT_TRUE(IsRemoteFileSystem(0xFE534D42));   // SMB
  EXPECT_TRUE(IsRemoteFileSystem(0x65735546));   // FUSE
  EXPECT_TRUE(IsRemoteFileSystem(0x01021997));   // 9p
  EXPECT_FALSE(IsRemoteFileSystem(0xEF53));      // ext4
  EXPECT_FALSE(IsRemoteFileSystem(0x01021994));  // tmpfs
}

}  // namespace
}  // namespace sconce

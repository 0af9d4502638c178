#include "server/sources/version_folder.h"

#include <cerrno>
#include <filesystem>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/sources/bare_file.h"
#include "tests/support/nth_call.h"
#include "tests/unit/sources/folder_entries.h"
#include "tests/unit/sources/temp_repository.h"

namespace sconce {
namespace {

namespace fs = std::filesystem;

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class VersionFolderTest : public testing::Test {
 protected:
  absl::Status Delete(const std::string& model, int64_t version) {
    return DeleteVersionFolder(repository_.path(), model, version);
  }

  // Adds a prepared version; its content is `text`.
  absl::Status Add(const std::string& model, int64_t version,
                   const std::string& text = "new") {
    repository_.AddFile(".sconce/uploads/x/model.pt", text);
    return AddVersionFolder(repository_.path(".sconce/uploads/x"),
                            repository_.path(), model, version);
  }

  std::set<std::string> Files() const { return FilesBelow(repository_.path()); }
  bool Exists(const std::string& entry) const {
    return fs::exists(repository_.path(entry));
  }

  const TempRepository repository_;
};

TEST_F(VersionFolderTest, AVersionIsDeletedAndOthersStay) {
  repository_.AddFile("net/1/model.pt");
  repository_.AddFile("net/2/model.pt");
  EXPECT_TRUE(Delete("net", 2).ok());
  EXPECT_THAT(Files(), ElementsAre("net/1/model.pt"));
}

TEST_F(VersionFolderTest, WithTheLastVersionTheModelsFolderGoes) {
  repository_.AddFile("net/1/model.pt");
  EXPECT_TRUE(Delete("net", 1).ok());
  EXPECT_FALSE(Exists("net"));
}

TEST_F(VersionFolderTest, AConfigKeepsTheModelsFolder) {
  repository_.AddFile("net/1/model.pt");
  repository_.AddFile("net/config.pbtxt");
  EXPECT_TRUE(Delete("net", 1).ok());
  EXPECT_THAT(Files(), ElementsAre("net/config.pbtxt"));
}

TEST_F(VersionFolderTest, ABareFileIsVersionOne) {
  repository_.AddFile("net.pt");
  repository_.AddFile("net.md");
  repository_.AddFile("network.pt");
  EXPECT_EQ(Delete("net", 2).code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(Delete("net", 1).ok());
  EXPECT_THAT(Files(), ElementsAre("net.md", "network.pt"));
}

TEST_F(VersionFolderTest, WhatIsNotThereIsNotFound) {
  repository_.AddFile("net/1/model.pt");
  EXPECT_EQ(Delete("net", 2).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Delete("other", 1).code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Files(), ElementsAre("net/1/model.pt"));
}

TEST_F(VersionFolderTest, OfALinkedVersionTheLinkIsDeleted) {
  const TempRepository elsewhere;
  elsewhere.AddFile("model.pt");
  repository_.AddFolder("net");
  repository_.AddLink("net/1", elsewhere.path());
  EXPECT_TRUE(Delete("net", 1).ok());
  EXPECT_FALSE(Exists("net"));
  EXPECT_THAT(FilesBelow(elsewhere.path()), ElementsAre("model.pt"));
}

TEST_F(VersionFolderTest, NothingIsChangedBeyondALinkedModelFolder) {
  const TempRepository elsewhere;
  elsewhere.AddFile("1/model.pt");
  repository_.AddLink("net", elsewhere.path());
  EXPECT_EQ(Delete("net", 1).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Add("net", 2).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(FilesBelow(elsewhere.path()), ElementsAre("1/model.pt"));
}

TEST_F(VersionFolderTest, AFailedDeletionLeavesTheWholeVersionOrNothing) {
  std::set<std::string> failed;
  for (int n = 1;; ++n) {
    repository_.AddFile("net/1/model.pt");
    repository_.AddFile("net/1/more.txt");
    const FailNthCall fault(n, EIO);
    const absl::Status status = Delete("net", 1);
    if (fault.failed().empty()) break;
    failed.insert(fault.failed());
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
    EXPECT_THAT(std::string(status.message()),
                Not(HasSubstr(repository_.path())));
    EXPECT_THAT(Files(), AnyOf(IsEmpty(), ElementsAre("net/1/model.pt",
                                                      "net/1/more.txt")));
  }
  EXPECT_THAT(failed, ElementsAre("fsync", "mkdir", "rename"));
}

TEST_F(VersionFolderTest, TrashOfACrashIsRemoved) {
  repository_.AddFile(".sconce/trash/abc/1/model.pt");
  repository_.AddFile(".sconce/registry.json");
  EmptyTrash(repository_.path());
  EXPECT_THAT(Files(), ElementsAre(".sconce/registry.json"));
}

TEST_F(VersionFolderTest, APreparedFolderBecomesAVersion) {
  EXPECT_TRUE(Add("net", 1, "first").ok());
  EXPECT_TRUE(Add("net", 2, "second").ok());
  EXPECT_THAT(Files(), ElementsAre("net/1/model.pt", "net/2/model.pt"));
  EXPECT_EQ(ContentOf(repository_.path("net/2/model.pt")), "second");
}

TEST_F(VersionFolderTest, AVersionThatIsThereIsNotReplaced) {
  repository_.AddFile("net/1/model.pt", "old");
  repository_.AddFolder("net/2");
  repository_.AddFile("bare.pt", "old");
  EXPECT_EQ(Add("net", 1).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Add("net", 2).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Add("bare", 1).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ContentOf(repository_.path("net/1/model.pt")), "old");
  EXPECT_FALSE(Exists("bare"));
}

TEST_F(VersionFolderTest, AFileInTheModelsPlaceIsAFailedPrecondition) {
  repository_.AddFile("net");
  EXPECT_EQ(Add("net", 1).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(VersionFolderTest, AFailedAdditionLeavesTheFolderWhereItWas) {
  std::set<std::string> failed;
  for (int n = 1;; ++n) {
    const FailNthCall fault(n, ENOSPC);
    const absl::Status status = Add("net", 1);
    if (fault.failed().empty()) break;
    failed.insert(fault.failed());
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_THAT(Files(), ElementsAre(".sconce/uploads/x/model.pt"));
    EXPECT_FALSE(Exists("net")) << fault.failed();
  }
  EXPECT_THAT(failed, ElementsAre("fsync", "mkdir", "rename"));
}

TEST(BareFileTest, TheFirstByNameIsTheModel) {
  const TempRepository repository;
  repository.AddFile("net.ts");
  repository.AddFile("net.pt");
  repository.AddFile("net.json");
  repository.AddFolder("net.d");
  EXPECT_EQ(FindBareFile(repository.path(), "net"), repository.path("net.pt"));
  EXPECT_EQ(FindBareFile(repository.path(), "ne"), std::nullopt);
}

}  // namespace
}  // namespace sconce

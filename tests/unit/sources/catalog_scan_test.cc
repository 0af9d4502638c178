// Scans of several repositories, of one model, and of what changes between.
#include <filesystem>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/sources/model_catalog.h"
#include "tests/unit/sources/temp_repository.h"

namespace sconce {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class CatalogScanTest : public testing::Test {
 protected:
  void SetUp() override {
    disk_.AddFolder("a");
    disk_.AddFolder("b");
  }

  // "root:name" of each model.
  std::vector<std::string> ScanAll() {
    testing::internal::CaptureStderr();
    std::vector<std::string> found;
    for (const CatalogModel& model : catalog_.ScanAll()) {
      found.push_back(std::filesystem::path(model.root).filename().string() +
                      ":" + model.name);
    }
    log_ = testing::internal::GetCapturedStderr();
    return found;
  }

  TempRepository disk_;
  ModelCatalog catalog_{{disk_.path("a"), disk_.path("b")}, {}};
  std::string log_;
};

TEST_F(CatalogScanTest, ModelsOfAllRepositoriesComeByName) {
  disk_.AddFile("b/net/1/model.pt");
  disk_.AddFile("a/zoo.pt");
  disk_.AddFile("a/a-b/1/model.pt");
  disk_.AddFile("a/a.pt");
  EXPECT_THAT(ScanAll(), ElementsAre("a:a", "a:a-b", "b:net", "a:zoo"));
}

TEST_F(CatalogScanTest, OfOneNameTheFirstRepositoryCountsAndTheOtherIsLogged) {
  disk_.AddFile("a/net.pt");
  disk_.AddFile("b/net/7/model.pt");
  EXPECT_THAT(ScanAll(), ElementsAre("a:net"));
  EXPECT_THAT(log_, HasSubstr("earlier repository"));
  EXPECT_EQ(catalog_.Scan("net")->root, disk_.path("a"));
  EXPECT_THAT(ScanAll(), ElementsAre("a:net"));
  EXPECT_EQ(log_, "");
}

TEST_F(CatalogScanTest, WhatIsPassedOverIsLoggedOnceUntilItChanges) {
  disk_.AddFile("a/LICENSE");
  ScanAll();
  EXPECT_THAT(log_, HasSubstr("LICENSE"));
  ScanAll();
  EXPECT_EQ(log_, "");
  std::filesystem::remove(disk_.path("a/LICENSE"));
  ScanAll();
  EXPECT_EQ(log_, "");
  disk_.AddFile("a/LICENSE");
  ScanAll();
  EXPECT_THAT(log_, HasSubstr("LICENSE"));
}

TEST_F(CatalogScanTest, OneModelCanBeScannedAlone) {
  disk_.AddFile("b/net/7/model.pt");
  disk_.AddFile("b/net.v2/1/model.pt");
  disk_.AddFile("b/bare.v2.pt");
  EXPECT_THAT(catalog_.Scan("net")->versions, ElementsAre(7));
  EXPECT_EQ(catalog_.Scan("bare.v2")->bare_file, "bare.v2.pt");
  EXPECT_EQ(catalog_.Scan("bare").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(CatalogScanTest, TheLogOfOneModelIsWrittenOnceToo) {
  disk_.AddFile("a/net/1/model.pt");
  disk_.AddFile("a/net/config.pbtxt", "instance_group { passive: true }");
  disk_.AddFile("a/LICENSE");
  ScanAll();
  testing::internal::CaptureStderr();
  EXPECT_TRUE(catalog_.Scan("net").ok());
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  ScanAll();
  EXPECT_EQ(log_, "");
}

TEST_F(CatalogScanTest, AnUnknownModelIsNotFoundByName) {
  EXPECT_EQ(catalog_.Scan("net").status(),
            absl::NotFoundError(
                "Request for unknown model: 'net' is not found; no model "
                "repository has a folder or file of that name"));
}

TEST_F(CatalogScanTest, ANameThatCannotBeOneIsRefused) {
  for (const char* name : {"", "..", "../a", ".hidden", "a/b"}) {
    EXPECT_EQ(catalog_.Scan(name).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST_F(CatalogScanTest, DocumentsAndFoldersWithoutVersionsAreNotFound) {
  disk_.AddFile("a/readme.md");
  disk_.AddFolder("a/docs");
  EXPECT_EQ(catalog_.Scan("readme").status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(catalog_.Scan("docs").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(CatalogScanTest, ARepositoryThatCannotBeReadKeepsItsModels) {
  disk_.AddFile("a/one.pt");
  disk_.AddFile("b/two.pt");
  ScanAll();
  std::filesystem::rename(disk_.path("b"), disk_.path("away"));
  EXPECT_THAT(ScanAll(), ElementsAre("a:one", "b:two"));
  EXPECT_THAT(log_, HasSubstr("model repository cannot be read"));
  std::filesystem::rename(disk_.path("away"), disk_.path("b"));
  std::filesystem::remove(disk_.path("b/two.pt"));
  EXPECT_THAT(ScanAll(), ElementsAre("a:one"));
}

TEST_F(CatalogScanTest, ARepositoryThatWasNeverReadIsToldApart) {
  EXPECT_FALSE(catalog_.HasReadAll());
  EXPECT_EQ(catalog_.States()[0].message(), "not looked at yet");
  std::filesystem::remove(disk_.path("b"));
  disk_.AddFile("a/one.pt");
  EXPECT_THAT(ScanAll(), ElementsAre("a:one"));
  EXPECT_THAT(log_, AllOf(HasSubstr("the server is not ready before it can"),
                          HasSubstr(disk_.path("b"))));
  EXPECT_FALSE(catalog_.HasReadAll());
  EXPECT_TRUE(catalog_.States()[0].ok());
  EXPECT_EQ(catalog_.States()[1].message(), "No such file or directory");
}

TEST_F(CatalogScanTest, ARepositoryThatComesIsReadFromThenOn) {
  std::filesystem::remove(disk_.path("b"));
  ScanAll();
  disk_.AddFile("b/net.pt");
  EXPECT_THAT(ScanAll(), ElementsAre("b:net"));
  EXPECT_THAT(log_, HasSubstr("can be read now"));
  EXPECT_TRUE(catalog_.HasReadAll());
  EXPECT_TRUE(catalog_.States()[1].ok());
  std::filesystem::rename(disk_.path("b"), disk_.path("away"));
  ScanAll();
  EXPECT_TRUE(catalog_.HasReadAll());
  EXPECT_FALSE(catalog_.States()[1].ok());
}

TEST_F(CatalogScanTest, ARepositoryThatComesWithALinkForTheServersFolder) {
  std::filesystem::remove(disk_.path("b"));
  ScanAll();
  disk_.AddFile("b/net.pt");
  disk_.AddLink("b/.sconce", disk_.path("a"));
  EXPECT_THAT(ScanAll(), IsEmpty());
  EXPECT_FALSE(catalog_.HasReadAll());
  EXPECT_THAT(std::string(catalog_.States()[1].message()),
              AllOf(HasSubstr("is a link"), Not(HasSubstr(disk_.path()))));
  EXPECT_EQ(catalog_.Scan("net").status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(CatalogScanTest, WhileARepositoryCannotBeReadAModelIsNotSaidToBeGone) {
  std::filesystem::remove(disk_.path("a"));
  disk_.AddFile("b/net.pt");
  const absl::Status status = catalog_.Scan("net").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr(disk_.path())));
}

TEST_F(CatalogScanTest, AConfigMayBeGivenInPlaceOfTheFile) {
  disk_.AddFile("a/net/1/weights.pt");
  disk_.AddFile("a/net/config.pbtxt", "this is none");
  ModelConfigFile config;
  config.archive_file_name = "weights.pt";
  config.revision = "given";
  const auto model = catalog_.ScanWith(config, "net");
  ASSERT_TRUE(model.ok() && model->status.ok());
  EXPECT_EQ(SpecOf(*model, 1).path, disk_.path("a/net/1/weights.pt"));
  EXPECT_THAT(SpecOf(*model, 1).revision, HasSubstr(":given"));
  EXPECT_FALSE(catalog_.Scan("net")->status.ok());
}

}  // namespace
}  // namespace sconce

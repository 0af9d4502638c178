// What a path may hold of the model that a flag names.
#include "server/sources/model_path.h"

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

// The folder "m" is the path of the model "net".
class ModelPathTest : public testing::Test {
 protected:
  ModelPathTest() { disk_.AddFolder("m"); }

  CatalogModel Scan(const std::string& path = "m") {
    remarks_.clear();
    CatalogModel model =
        ScanModelPath({"net", disk_.path(path)}, {{}, {}}, &remarks_);
    EXPECT_EQ(model.name, "net");
    return model;
  }

  // Version and file, beneath the temporary folder, of what is served.
  std::string Served(const std::string& path = "m") {
    const CatalogModel model = Scan(path);
    EXPECT_TRUE(model.status.ok()) << model.status;
    const std::vector<ServableSpec> specs = ChosenSpecs(model);
    EXPECT_EQ(specs.size(), 1u);
    EXPECT_TRUE(specs[0].status.ok()) << specs[0].status;
    EXPECT_EQ(specs[0].id.model, "net");
    EXPECT_THAT(specs[0].path, testing::StartsWith(disk_.path()));
    return absl::StrCat(specs[0].id.version, " ",
                        specs[0].path.substr(disk_.path().size() + 1));
  }

  // Why nothing is, which is fit for clients.
  std::string Ambiguity() {
    const absl::Status status = Scan().status;
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr(disk_.path())));
    return std::string(status.message());
  }
  std::string Absence(const std::string& path = "m") {
    const absl::Status status = Scan(path).status;
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr(disk_.path())));
    return std::string(status.message());
  }

  TempRepository disk_;
  std::vector<ScanRemark> remarks_;
};

TEST_F(ModelPathTest, AFileIsTheModelWhateverItIsCalled) {
  for (const char* name : {"a.pt", "b", "c.json", "d.v2.jit"}) {
    disk_.AddFile(name);
    EXPECT_EQ(Served(name), absl::StrCat("1 ", name));
  }
}

TEST_F(ModelPathTest, AFolderWithVersionsIsAModelFolder) {
  disk_.AddFile("m/9/model.pt");
  disk_.AddFile("m/10/model.pt");
  disk_.AddFile("m/labels.csv");
  EXPECT_EQ(Served(), "10 m/10/model.pt");
  EXPECT_THAT(Scan().versions, ElementsAre(9, 10));
}

TEST_F(ModelPathTest, TheConfigOfAModelFolderApplies) {
  disk_.AddFile("m/1/weights.ts");
  disk_.AddFile("m/2/weights.ts");
  disk_.AddFile("m/config.pbtxt",
                "default_model_filename: 'weights.ts' max_batch_size: 3 "
                "version_policy { specific { versions: 1 } }");
  EXPECT_EQ(Served(), "1 m/1/weights.ts");
  EXPECT_EQ(Scan().config.max_batch_size, 3);
}

TEST_F(ModelPathTest, TheNameOfTheFlagCountsAndTheOtherIsTold) {
  disk_.AddFile("m/1/model.pt");
  disk_.AddFile("m/config.pbtxt", "name: 'other'");
  EXPECT_EQ(Served(), "1 m/1/model.pt");
  ASSERT_EQ(remarks_.size(), 1u);
  EXPECT_THAT(remarks_[0].message, HasSubstr("--model counts"));
  EXPECT_EQ(remarks_[0].detail, "'other'");
}

TEST_F(ModelPathTest, TheSameNameIsNoNews) {
  disk_.AddFile("m/1/model.pt");
  disk_.AddFile("m/config.pbtxt", "name: 'net'");
  EXPECT_EQ(Served(), "1 m/1/model.pt");
  EXPECT_THAT(remarks_, IsEmpty());
}

TEST_F(ModelPathTest, ABrokenConfigIsTheReason) {
  disk_.AddFile("m/1/model.pt");
  disk_.AddFile("m/config.pbtxt", "max_batch_size: -4");
  EXPECT_THAT(Ambiguity(), HasSubstr("config.pbtxt: max_batch_size is -4"));
}

TEST_F(ModelPathTest, TheOnlyFileOfAFolderIsTheModel) {
  disk_.AddFile("m/net_v3.pth");
  disk_.AddFile("m/README.md");
  disk_.AddFile("m/config.json");
  disk_.AddFile("m/LICENSE");
  disk_.AddFile("m/.cache");
  disk_.AddFolder("m/tokenizer");
  EXPECT_EQ(Served(), "1 m/net_v3.pth");
}

TEST_F(ModelPathTest, AConfigMayLieBesideTheOnlyFile) {
  disk_.AddFile("m/weights.pt");
  disk_.AddFile("m/config.pbtxt", "max_batch_size: 5");
  EXPECT_EQ(Served(), "1 m/weights.pt");
  EXPECT_EQ(Scan().config.max_batch_size, 5);
}

TEST_F(ModelPathTest, OfSeveralFilesNoneIsChosen) {
  disk_.AddFile("m/a.pt");
  disk_.AddFile("m/b.pt");
  EXPECT_THAT(Ambiguity(),
              AllOf(HasSubstr("2 files"), HasSubstr("'a.pt', 'b.pt'"),
                    HasSubstr("default_model_filename")));
}

TEST_F(ModelPathTest, UnlessTheConfigNamesOne) {
  disk_.AddFile("m/a.pt");
  disk_.AddFile("m/b.pt");
  disk_.AddFile("m/config.pbtxt", "default_model_filename: 'b.pt'");
  EXPECT_EQ(Served(), "1 m/b.pt");
  disk_.AddFile("m/config.pbtxt", "default_model_filename: 'c.pt'");
  EXPECT_THAT(Ambiguity(),
              AllOf(HasSubstr("'c.pt'"), HasSubstr("'a.pt', 'b.pt'")));
}

TEST_F(ModelPathTest, ManyNamesAreCutShort) {
  for (char c = 'a'; c < 'z'; ++c) disk_.AddFile(std::string("m/") + c + ".pt");
  EXPECT_THAT(Ambiguity(), AllOf(HasSubstr("25 files"), HasSubstr("'h.pt' …"),
                                 Not(HasSubstr("'i.pt'"))));
}

TEST_F(ModelPathTest, TheOnlyFolderMayBeTheModel) {
  disk_.AddFile("m/resnet/1/model.pt");
  disk_.AddFile("m/resnet/config.pbtxt", "name: 'resnet' max_batch_size: 3");
  disk_.AddFolder("m/lost+found");
  disk_.AddFile("m/README.md");
  EXPECT_EQ(Served(), "1 m/resnet/1/model.pt");
  EXPECT_EQ(Scan().config.max_batch_size, 3);
}

TEST_F(ModelPathTest, TheOnlyFolderMayHaveTheOnlyFile) {
  disk_.AddFile("m/resnet/resnet.pt");
  EXPECT_EQ(Served(), "1 m/resnet/resnet.pt");
}

TEST_F(ModelPathTest, OfSeveralFoldersNoneIsChosen) {
  disk_.AddFile("m/a/1/model.pt");
  disk_.AddFile("m/b/model.pt");
  EXPECT_THAT(Ambiguity(), AllOf(HasSubstr("2 folders"), HasSubstr("'a', 'b'"),
                                 HasSubstr("give the one that is meant")));
}

TEST_F(ModelPathTest, AnAmbiguousFolderIsNotPassedOver) {
  disk_.AddFile("m/a/x.pt");
  disk_.AddFile("m/a/y.pt");
  EXPECT_THAT(Ambiguity(), HasSubstr("'x.pt', 'y.pt'"));
}

TEST_F(ModelPathTest, FoldersInFoldersInFoldersAreNotLookedAt) {
  disk_.AddFile("m/a/b/1/model.pt");
  EXPECT_THAT(Absence(), HasSubstr("found 'a'"));
}

TEST_F(ModelPathTest, NothingIsToldWithWhatIsExpected) {
  EXPECT_THAT(Absence(), AllOf(HasSubstr("found an empty folder"),
                               HasSubstr("expected a model file")));
  disk_.AddFile("m/README.md");
  EXPECT_THAT(Absence(), HasSubstr("found 'README.md'"));
  disk_.AddFile("m/config.pbtxt", "max_batch_size: 3");
  EXPECT_THAT(Absence(), HasSubstr("found 'README.md', 'config.pbtxt'"));
}

TEST_F(ModelPathTest, APathThatIsNotThereIsTold) {
  EXPECT_THAT(Absence("nowhere"), HasSubstr("No such file or directory"));
}

TEST_F(ModelPathTest, LinksMayLeadAnywhere) {
  disk_.AddFile("volume/1/model.pt");
  disk_.AddFile("volume/config.pbtxt", "max_batch_size: 3");
  disk_.AddLink("m/1", disk_.path("volume/1"));
  disk_.AddLink("m/config.pbtxt", "../volume/config.pbtxt");
  EXPECT_EQ(Served(), "1 volume/1/model.pt");
  EXPECT_EQ(Scan().config.max_batch_size, 3);
  disk_.AddLink("l", "volume");
  EXPECT_EQ(Served("l"), "1 volume/1/model.pt");
  disk_.AddLink("f", "volume/1/model.pt");
  EXPECT_EQ(Served("f"), "1 volume/1/model.pt");
}

// --- in the catalog ---

class CatalogWithPathTest : public testing::Test {
 protected:
  CatalogWithPathTest() { disk_.AddFolder("r"); }

  TempRepository disk_;
  ModelCatalog catalog_{{disk_.path("r")}, {}, {{"net", disk_.path("m")}}};
};

TEST_F(CatalogWithPathTest, AModelOfAPathGoesBeforeThatOfARepository) {
  disk_.AddFile("m/5/model.pt");
  disk_.AddFile("r/net/7/model.pt");
  disk_.AddFile("r/other.pt");
  const auto models = catalog_.ScanAll();
  ASSERT_EQ(models.size(), 2u);
  EXPECT_THAT(models[0].versions, ElementsAre(5));
  EXPECT_THAT(catalog_.Scan("net")->versions, ElementsAre(5));
  EXPECT_TRUE(catalog_.Scan("other").ok());
  EXPECT_TRUE(catalog_.HasReadAll());
}

TEST_F(CatalogWithPathTest, AModelThatIsNotThereYetIsToldAndWaitedFor) {
  auto models = catalog_.ScanAll();
  ASSERT_EQ(models.size(), 1u);
  EXPECT_TRUE(absl::IsUnavailable(ChosenSpecs(models[0])[0].status));
  EXPECT_FALSE(catalog_.HasReadAll());
  disk_.AddFile("m/5/model.pt");
  models = catalog_.ScanAll();
  EXPECT_TRUE(models[0].status.ok());
  EXPECT_TRUE(catalog_.HasReadAll());
}

TEST_F(CatalogWithPathTest, AModelThatGoesAwayStaysAsItWas) {
  disk_.AddFile("m/5/model.pt");
  catalog_.ScanAll();
  std::filesystem::remove_all(disk_.path("m"));
  const auto models = catalog_.ScanAll();
  ASSERT_EQ(models.size(), 1u);
  EXPECT_TRUE(models[0].is_stale);
  EXPECT_THAT(models[0].versions, ElementsAre(5));
  EXPECT_TRUE(catalog_.HasReadAll());
}

TEST_F(CatalogWithPathTest, AConfigMayBeGivenInPlaceOfTheFile) {
  disk_.AddFile("m/1/weights.pt");
  disk_.AddFile("m/config.pbtxt", "this is none");
  ModelConfigFile config;
  config.archive_file_name = "weights.pt";
  const auto model = catalog_.ScanWith(config, "net");
  ASSERT_TRUE(model.ok() && model->status.ok());
  EXPECT_EQ(SpecOf(*model, 1).path, disk_.path("m/1/weights.pt"));
}

TEST_F(CatalogWithPathTest, NothingIsWrittenThere) {
  disk_.AddFile("m/5/model.pt");
  const absl::Status refused = CheckWritable(*catalog_.Scan("net"), "so there");
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_THAT(std::string(refused.message()),
              AllOf(HasSubstr("--model"), HasSubstr("so there"),
                    Not(HasSubstr(disk_.path()))));
}

}  // namespace
}  // namespace sconce

#include "server/sources/model_catalog.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/unit/sources/temp_repository.h"

namespace sconce {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A repository of its own for each test, whose scan is logged into `log_`.
class ModelCatalogTest : public testing::Test {
 protected:
  std::vector<ServableSpec> Scan() {
    const ModelCatalog catalog({repository_.path()}, defaults_);
    EXPECT_TRUE(catalog.Check().ok()) << catalog.Check();
    testing::internal::CaptureStderr();
    std::vector<ServableSpec> found;
    for (const CatalogModel& model : catalog.ScanAll()) {
      for (ServableSpec& spec : ChosenSpecs(model)) found.push_back(spec);
    }
    log_ = testing::internal::GetCapturedStderr();
    return found;
  }

  // What was found, each as "model/version".
  std::vector<std::string> ScanIds() {
    std::vector<std::string> ids;
    for (const ServableSpec& spec : Scan()) {
      ids.push_back(absl::StrCat(spec.id.model, "/", spec.id.version));
    }
    return ids;
  }

  TempRepository repository_;
  ServableConfig defaults_;
  std::string log_;
};

TEST_F(ModelCatalogTest, AnEmptyFolderHoldsNoModel) {
  EXPECT_THAT(Scan(), IsEmpty());
}

TEST_F(ModelCatalogTest, AVersionFolderIsAModelWithItsArchive) {
  repository_.AddFile("net/3/model.pt");
  const auto found = Scan();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].id.model, "net");
  EXPECT_EQ(found[0].id.version, 3);
  EXPECT_EQ(found[0].path, repository_.path("net/3/model.pt"));
  EXPECT_TRUE(found[0].status.ok());
}

TEST_F(ModelCatalogTest, TheHighestVersionIsServedByDefault) {
  repository_.AddFile("net/9/model.pt");
  repository_.AddFile("net/10/model.pt");
  EXPECT_THAT(ScanIds(), ElementsAre("net/10"));
}

TEST_F(ModelCatalogTest, ThePolicyOfTheConfigPicksTheVersions) {
  repository_.AddFile("net/1/model.pt");
  repository_.AddFile("net/2/model.pt");
  repository_.AddFile("net/10/model.pt");
  repository_.AddFile("net/config.pbtxt",
                      "version_policy { latest { num_versions: 2 } }");
  EXPECT_THAT(ScanIds(), ElementsAre("net/2", "net/10"));
}

TEST_F(ModelCatalogTest, AllVersionsComeInTheOrderOfTheirNumbers) {
  repository_.AddFile("net/10/model.pt");
  repository_.AddFile("net/2/model.pt");
  repository_.AddFile("net/config.pbtxt", "version_policy { all {} }");
  EXPECT_THAT(ScanIds(), ElementsAre("net/2", "net/10"));
}

TEST_F(ModelCatalogTest, TheConfigOfTheModelApplies) {
  repository_.AddFile("net/1/weights.ts");
  repository_.AddFile("net/config.pbtxt",
                      "max_batch_size: 16 "
                      "default_model_filename: 'weights.ts'");
  const auto found = Scan();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].config.max_batch_size, 16);
  EXPECT_EQ(found[0].path, repository_.path("net/1/weights.ts"));
}

TEST_F(ModelCatalogTest, WithoutAConfigTheDefaultsApply) {
  defaults_.max_batch_size = 8;
  defaults_.max_queue_size = 5;
  repository_.AddFile("folder/1/model.pt");
  repository_.AddFile("bare.pt");
  const auto found = Scan();
  ASSERT_EQ(found.size(), 2u);
  for (const ServableSpec& spec : found) {
    EXPECT_EQ(spec.config.max_batch_size, 8) << spec.id.model;
    EXPECT_EQ(spec.config.max_queue_size, 5) << spec.id.model;
  }
}

TEST_F(ModelCatalogTest, ABareFileIsVersion1) {
  repository_.AddFile("net.pt");
  const auto found = Scan();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].id.model, "net");
  EXPECT_EQ(found[0].id.version, 1);
  EXPECT_EQ(found[0].path, repository_.path("net.pt"));
}

TEST_F(ModelCatalogTest, TheSuffixOfABareFileMayBeAny) {
  repository_.AddFile("a.torchscript");
  repository_.AddFile("b.PTH");
  repository_.AddFile("c.v2.jit");
  EXPECT_THAT(ScanIds(), ElementsAre("a/1", "b/1", "c.v2/1"));
}

TEST_F(ModelCatalogTest, DocumentsAreNoModels) {
  for (const char* name : {"README.md", "notes.txt", "a.json", "b.pbtxt",
                           "c.yaml", "d.yml", "e.tmp", "f.part"}) {
    repository_.AddFile(name);
  }
  EXPECT_THAT(Scan(), IsEmpty());
}

TEST_F(ModelCatalogTest, DocumentsAreKnownWhateverTheirCase) {
  repository_.AddFile("README.MD");
  EXPECT_THAT(Scan(), IsEmpty());
}

TEST_F(ModelCatalogTest, AFileWithoutSuffixIsNoModel) {
  repository_.AddFile("LICENSE");
  EXPECT_THAT(Scan(), IsEmpty());
  EXPECT_THAT(log_, HasSubstr("file=\"LICENSE\""));
}

TEST_F(ModelCatalogTest, HiddenEntriesAreNotLookedAt) {
  repository_.AddFile(".git/1/model.pt");
  repository_.AddFile(".net.pt");
  EXPECT_THAT(Scan(), IsEmpty());
  EXPECT_EQ(log_, "");
}

TEST_F(ModelCatalogTest, AFolderWithoutVersionFolderIsPassedOverAndLogged) {
  repository_.AddFile("net/weights.bin");
  EXPECT_THAT(Scan(), IsEmpty());
  EXPECT_THAT(log_, AllOf(HasSubstr("warning"), HasSubstr("model=\"net\"")));
}

TEST_F(ModelCatalogTest, VersionsWithLeadingZerosAreNone) {
  repository_.AddFile("net/01/model.pt");
  repository_.AddFile("net/0/model.pt");
  EXPECT_THAT(Scan(), IsEmpty());
}

TEST_F(ModelCatalogTest, FoldersThatAreNoNumbersAreNoVersions) {
  for (const char* name : {"+7", "-1", " 8", "9 ", "1.5", "2a", "latest",
                           "99999999999999999999"}) {
    repository_.AddFolder(std::string("net/") + name);
  }
  repository_.AddFile("net/2/model.pt");
  EXPECT_THAT(ScanIds(), ElementsAre("net/2"));
}

TEST_F(ModelCatalogTest, AFileIsNoVersionFolder) {
  repository_.AddFile("net/5");
  repository_.AddFile("net/2/model.pt");
  EXPECT_THAT(ScanIds(), ElementsAre("net/2"));
}

TEST_F(ModelCatalogTest, ABrokenConfigIsAModelThatWillFail) {
  defaults_.max_batch_size = 8;
  repository_.AddFile("net/1/model.pt");
  repository_.AddFile("net/2/model.pt");
  repository_.AddFile("net/config.pbtxt", "max_batch_size: -4");
  const auto found = Scan();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].id.version, 2);
  EXPECT_EQ(found[0].status,
            absl::InvalidArgumentError(
                "config.pbtxt: max_batch_size is -4, expected >= 0"));
}

TEST_F(ModelCatalogTest, AnArchiveOutsideAVersionFolderWillFail) {
  repository_.AddFile("net/model.pt");
  const auto found = Scan();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].status,
            absl::InvalidArgumentError("the folder has no version folder; "
                                       "expected net/1/model.pt"));
}

TEST_F(ModelCatalogTest, NamesThatAreNoTextAreNoModels) {
  repository_.AddFile("bad\xff\xfe.pt");
  repository_.AddFile("good.pt");
  EXPECT_THAT(ScanIds(), ElementsAre("good/1"));
}

TEST_F(ModelCatalogTest, APolicyThatPicksNothingIsAModelThatWillFail) {
  repository_.AddFile("net/1/model.pt");
  repository_.AddFile("net/2/model.pt");
  repository_.AddFile("net/config.pbtxt",
                      "version_policy { specific { versions: 7 } }");
  const auto found = Scan();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].status,
            absl::InvalidArgumentError("config.pbtxt: version_policy picks "
                                       "none of the versions 1,2"));
}

TEST_F(ModelCatalogTest, ABrokenConfigLeavesOtherModelsAlone) {
  repository_.AddFile("bad/1/model.pt");
  repository_.AddFile("bad/config.pbtxt", "not a config");
  repository_.AddFile("good/1/model.pt");
  const auto found = Scan();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_FALSE(found[0].status.ok());
  EXPECT_TRUE(found[1].status.ok());
}

TEST_F(ModelCatalogTest, AConfigThatIsAFolderIsAModelThatWillFail) {
  repository_.AddFile("net/1/model.pt");
  repository_.AddFolder("net/config.pbtxt");
  const auto found = Scan();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_FALSE(found[0].status.ok());
}

TEST_F(ModelCatalogTest, ModelsAreOrderedByName) {
  repository_.AddFile("b/1/model.pt");
  repository_.AddFile("c.pt");
  repository_.AddFile("a/1/model.pt");
  EXPECT_THAT(ScanIds(), ElementsAre("a/1", "b/1", "c/1"));
}

TEST_F(ModelCatalogTest, LinksAreFollowed) {
  repository_.AddFile(".store/1/model.pt");
  repository_.AddLink("net", ".store");
  EXPECT_THAT(ScanIds(), ElementsAre("net/1"));
}

TEST_F(ModelCatalogTest, LinksToNothingAreNoModels) {
  repository_.AddLink("gone.pt", "nowhere");
  repository_.AddFile("net/1/model.pt");
  EXPECT_THAT(ScanIds(), ElementsAre("net/1"));
}

TEST_F(ModelCatalogTest, LinksInACircleAreNoModels) {
  repository_.AddLink("circle.pt", "circle.pt");
  repository_.AddFile("net/1/model.pt");
  repository_.AddLink("net/3", "3");
  EXPECT_THAT(ScanIds(), ElementsAre("net/1"));
}

TEST_F(ModelCatalogTest, AConfigLinkInACircleIsAModelThatWillFail) {
  repository_.AddFile("net/1/model.pt");
  repository_.AddLink("net/config.pbtxt", "config.pbtxt");
  const auto found = Scan();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_FALSE(found[0].status.ok());
}

// The message of the refusal of the repository `folder`.
std::string CheckFault(const std::string& folder) {
  const absl::Status checked = ModelCatalog({folder}, {}).Check();
  EXPECT_EQ(checked.code(), absl::StatusCode::kInvalidArgument) << checked;
  return std::string(checked.message());
}

TEST_F(ModelCatalogTest, AnAbsentRepositoryMayCome) {
  EXPECT_TRUE(ModelCatalog({repository_.path("nowhere")}, {}).Check().ok());
}

TEST_F(ModelCatalogTest, AFileIsNoRepository) {
  repository_.AddFile("net.pt");
  EXPECT_THAT(
      CheckFault(repository_.path("net.pt")),
      AllOf(HasSubstr(repository_.path("net.pt")), HasSubstr("Not a directory"),
            HasSubstr("--model-repository")));
}

TEST_F(ModelCatalogTest, TheServersOwnFolderIsNoLink) {
  repository_.AddFolder("elsewhere");
  repository_.AddLink(".sconce", "elsewhere");
  EXPECT_THAT(CheckFault(repository_.path()),
              AllOf(HasSubstr(repository_.path()),
                    HasSubstr("'.sconce' in it is a link")));
}

TEST_F(ModelCatalogTest, IgnoredFieldsOfAConfigAreLoggedByName) {
  repository_.AddFile("net/1/model.pt");
  repository_.AddFile("net/config.pbtxt",
                      "output { name: 'y' data_type: TYPE_FP32 dims: 1 "
                      "label_filename: 'l' }");
  EXPECT_THAT(ScanIds(), ElementsAre("net/1"));
  EXPECT_THAT(log_, AllOf(HasSubstr("warning"), HasSubstr("model=\"net\""),
                          HasSubstr("field=\"output.label_filename\"")));
}

TEST_F(ModelCatalogTest, AHugeConfigIsAModelThatWillFail) {
  repository_.AddFile("net/1/model.pt");
  repository_.AddFile("net/config.pbtxt", std::string((1 << 20) + 1, ' '));
  const auto found = Scan();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(std::string(found[0].status.message()),
              HasSubstr("at most 1048576 bytes"));
}

TEST_F(ModelCatalogTest, NamesThatCannotBeModelsAreLoggedWithTheReason) {
  repository_.AddFile("a\\b.pt");
  repository_.AddFile("bad\xff/1/model.pt");
  EXPECT_THAT(Scan(), IsEmpty());
  EXPECT_THAT(log_, AllOf(HasSubstr("holds '\\\\"), HasSubstr("xff")));
}

TEST_F(ModelCatalogTest, OfOneNameInOneRepositoryTheFirstEntryCounts) {
  repository_.AddFile("net/3/model.pt");
  repository_.AddFile("net.pt");
  EXPECT_THAT(ScanIds(), ElementsAre("net/3"));
  EXPECT_THAT(log_, HasSubstr("another entry"));
}

}  // namespace
}  // namespace sconce

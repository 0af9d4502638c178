#include "server/sources/model_repository.h"

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
class ModelRepositoryTest : public testing::Test {
 protected:
  std::vector<ServableSpec> Scan() {
    testing::internal::CaptureStderr();
    auto found = ScanModelRepository(repository_.path(), defaults_);
    log_ = testing::internal::GetCapturedStderr();
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? *std::move(found) : std::vector<ServableSpec>();
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

TEST_F(ModelRepositoryTest, AnEmptyFolderHoldsNoModel) {
  EXPECT_THAT(Scan(), IsEmpty());
}

TEST_F(ModelRepositoryTest, AVersionFolderIsAModelWithItsArchive) {
  repository_.AddFile("net/3/model.pt");
  const auto found = Scan();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].id.model, "net");
  EXPECT_EQ(found[0].id.version, 3);
  EXPECT_EQ(found[0].path, repository_.path("net/3/model.pt"));
  EXPECT_TRUE(found[0].status.ok());
}

TEST_F(ModelRepositoryTest, TheHighestVersionIsServedByDefault) {
  repository_.AddFile("net/9/model.pt");
  repository_.AddFile("net/10/model.pt");
  EXPECT_THAT(ScanIds(), ElementsAre("net/10"));
}

TEST_F(ModelRepositoryTest, ThePolicyOfTheConfigPicksTheVersions) {
  repository_.AddFile("net/1/model.pt");
  repository_.AddFile("net/2/model.pt");
  repository_.AddFile("net/10/model.pt");
  repository_.AddFile("net/config.pbtxt",
                      "version_policy { latest { num_versions: 2 } }");
  EXPECT_THAT(ScanIds(), ElementsAre("net/2", "net/10"));
}

TEST_F(ModelRepositoryTest, AllVersionsComeInTheOrderOfTheirNumbers) {
  repository_.AddFile("net/10/model.pt");
  repository_.AddFile("net/2/model.pt");
  repository_.AddFile("net/config.pbtxt", "version_policy { all {} }");
  EXPECT_THAT(ScanIds(), ElementsAre("net/2", "net/10"));
}

TEST_F(ModelRepositoryTest, TheConfigOfTheModelApplies) {
  repository_.AddFile("net/1/weights.ts");
  repository_.AddFile("net/config.pbtxt",
                      "max_batch_size: 16 "
                      "default_model_filename: 'weights.ts'");
  const auto found = Scan();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].config.max_batch_size, 16);
  EXPECT_EQ(found[0].path, repository_.path("net/1/weights.ts"));
}

TEST_F(ModelRepositoryTest, WithoutAConfigTheDefaultsApply) {
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

TEST_F(ModelRepositoryTest, ABareFileIsVersion1) {
  repository_.AddFile("net.pt");
  const auto found = Scan();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].id.model, "net");
  EXPECT_EQ(found[0].id.version, 1);
  EXPECT_EQ(found[0].path, repository_.path("net.pt"));
}

TEST_F(ModelRepositoryTest, TheSuffixOfABareFileMayBeAny) {
  repository_.AddFile("a.torchscript");
  repository_.AddFile("b.PTH");
  repository_.AddFile("c.v2.jit");
  EXPECT_THAT(ScanIds(), ElementsAre("a/1", "b/1", "c.v2/1"));
}

TEST_F(ModelRepositoryTest, DocumentsAreNoModels) {
  for (const char* name : {"README.md", "notes.txt", "a.json", "b.pbtxt",
                           "c.yaml", "d.yml", "e.tmp", "f.part"}) {
    repository_.AddFile(name);
  }
  EXPECT_THAT(Scan(), IsEmpty());
}

TEST_F(ModelRepositoryTest, DocumentsAreKnownWhateverTheirCase) {
  repository_.AddFile("README.MD");
  EXPECT_THAT(Scan(), IsEmpty());
}

TEST_F(ModelRepositoryTest, AFileWithoutSuffixIsNoModel) {
  repository_.AddFile("LICENSE");
  EXPECT_THAT(Scan(), IsEmpty());
  EXPECT_THAT(log_, HasSubstr("file=\"LICENSE\""));
}

TEST_F(ModelRepositoryTest, HiddenEntriesAreNotLookedAt) {
  repository_.AddFile(".git/1/model.pt");
  repository_.AddFile(".net.pt");
  EXPECT_THAT(Scan(), IsEmpty());
  EXPECT_EQ(log_, "");
}

TEST_F(ModelRepositoryTest, AFolderWithoutVersionFolderIsPassedOverAndLogged) {
  repository_.AddFile("net/weights.bin");
  EXPECT_THAT(Scan(), IsEmpty());
  EXPECT_THAT(log_, AllOf(HasSubstr("warning"), HasSubstr("model=\"net\"")));
}

TEST_F(ModelRepositoryTest, VersionsWithLeadingZerosAreNone) {
  repository_.AddFile("net/01/model.pt");
  repository_.AddFile("net/0/model.pt");
  EXPECT_THAT(Scan(), IsEmpty());
}

TEST_F(ModelRepositoryTest, FoldersThatAreNoNumbersAreNoVersions) {
  for (const char* name : {"+7", "-1", " 8", "9 ", "1.5", "2a", "latest",
                           "99999999999999999999"}) {
    repository_.AddFolder(std::string("net/") + name);
  }
  repository_.AddFile("net/2/model.pt");
  EXPECT_THAT(ScanIds(), ElementsAre("net/2"));
}

TEST_F(ModelRepositoryTest, AFileIsNoVersionFolder) {
  repository_.AddFile("net/5");
  repository_.AddFile("net/2/model.pt");
  EXPECT_THAT(ScanIds(), ElementsAre("net/2"));
}

TEST_F(ModelRepositoryTest, ABrokenConfigIsAModelThatWillFail) {
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

TEST_F(ModelRepositoryTest, AnArchiveOutsideAVersionFolderWillFail) {
  repository_.AddFile("net/model.pt");
  const auto found = Scan();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].status,
            absl::InvalidArgumentError("the folder has no version folder; "
                                       "expected net/1/model.pt"));
}

TEST_F(ModelRepositoryTest, NamesThatAreNoTextAreNoModels) {
  repository_.AddFile("bad\xff\xfe.pt");
  repository_.AddFile("good.pt");
  EXPECT_THAT(ScanIds(), ElementsAre("good/1"));
}

TEST_F(ModelRepositoryTest, APolicyThatPicksNothingIsAModelThatWillFail) {
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

TEST_F(ModelRepositoryTest, ABrokenConfigLeavesOtherModelsAlone) {
  repository_.AddFile("bad/1/model.pt");
  repository_.AddFile("bad/config.pbtxt", "not a config");
  repository_.AddFile("good/1/model.pt");
  const auto found = Scan();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_FALSE(found[0].status.ok());
  EXPECT_TRUE(found[1].status.ok());
}

TEST_F(ModelRepositoryTest, AConfigThatIsAFolderIsAModelThatWillFail) {
  repository_.AddFile("net/1/model.pt");
  repository_.AddFolder("net/config.pbtxt");
  const auto found = Scan();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_FALSE(found[0].status.ok());
}

TEST_F(ModelRepositoryTest, ModelsAreOrderedByName) {
  repository_.AddFile("b/1/model.pt");
  repository_.AddFile("c.pt");
  repository_.AddFile("a/1/model.pt");
  EXPECT_THAT(ScanIds(), ElementsAre("a/1", "b/1", "c/1"));
}

TEST_F(ModelRepositoryTest, LinksAreFollowed) {
  repository_.AddFile(".store/1/model.pt");
  repository_.AddLink("net", ".store");
  EXPECT_THAT(ScanIds(), ElementsAre("net/1"));
}

TEST_F(ModelRepositoryTest, LinksToNothingAreNoModels) {
  repository_.AddLink("gone.pt", "nowhere");
  repository_.AddFile("net/1/model.pt");
  EXPECT_THAT(ScanIds(), ElementsAre("net/1"));
}

TEST_F(ModelRepositoryTest, LinksInACircleAreNoModels) {
  repository_.AddLink("circle.pt", "circle.pt");
  repository_.AddFile("net/1/model.pt");
  repository_.AddLink("net/3", "3");
  EXPECT_THAT(ScanIds(), ElementsAre("net/1"));
}

TEST_F(ModelRepositoryTest, AConfigLinkInACircleIsAModelThatWillFail) {
  repository_.AddFile("net/1/model.pt");
  repository_.AddLink("net/config.pbtxt", "config.pbtxt");
  const auto found = Scan();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_FALSE(found[0].status.ok());
}

TEST_F(ModelRepositoryTest, AnAbsentRepositoryIsRefusedByName) {
  const auto found = ScanModelRepository(repository_.path("nowhere"), {});
  EXPECT_EQ(found.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(found.status().message()),
              AllOf(HasSubstr(repository_.path("nowhere")),
                    HasSubstr("No such file or directory"),
                    HasSubstr("--model-repository")));
}

TEST_F(ModelRepositoryTest, AFileIsNoRepository) {
  repository_.AddFile("net.pt");
  const auto found = ScanModelRepository(repository_.path("net.pt"), {});
  EXPECT_EQ(found.status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sconce

#include "server/sources/catalog_model.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/sources/model_catalog.h"
#include "tests/unit/sources/temp_repository.h"

namespace sconce {
namespace {

namespace fs = std::filesystem;

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// The model `net` of a repository.
class CatalogModelTest : public testing::Test {
 protected:
  void SetUp() override {
    repository_.AddFile("net/1/model.pt", "one");
    repository_.AddFile("net/2/model.pt", "two");
  }

  CatalogModel Scan() {
    auto model = ModelCatalog({repository_.path()}, {}).Scan("net");
    EXPECT_TRUE(model.ok()) << model.status();
    return model.ok() ? *std::move(model) : CatalogModel();
  }
  std::string Revision(int64_t version = 2) {
    return SpecOf(Scan(), version).revision;
  }

  TempRepository repository_;
};

TEST_F(CatalogModelTest, HasAllVersionsWhateverThePolicyPicks) {
  EXPECT_THAT(Scan().versions, ElementsAre(1, 2));
  ASSERT_THAT(ChosenSpecs(Scan()), SizeIs(1));
  EXPECT_EQ(ChosenSpecs(Scan())[0].id.version, 2);
}

TEST_F(CatalogModelTest, ASpecOfAnyVersionThereIsCanBeHad) {
  const ServableSpec spec = SpecOf(Scan(), 1);
  EXPECT_EQ(spec.id.model, "net");
  EXPECT_EQ(spec.id.version, 1);
  EXPECT_EQ(spec.path, repository_.path("net/1/model.pt"));
  EXPECT_TRUE(spec.status.ok()) << spec.status;
}

TEST_F(CatalogModelTest, ASpecOfAVersionThatIsNotThereSaysSo) {
  const ServableSpec spec = SpecOf(Scan(), 7);
  EXPECT_EQ(spec.status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(spec.status.message()),
              AllOf(HasSubstr("'net' version 7 is not found"),
                    HasSubstr("versions 1,2")));
}

TEST_F(CatalogModelTest, AnArchiveThatIsNotThereYetHasNoRevision) {
  repository_.AddFolder("net/3");
  const ServableSpec spec = SpecOf(Scan(), 3);
  EXPECT_TRUE(spec.status.ok()) << spec.status;
  EXPECT_EQ(spec.path, repository_.path("net/3/model.pt"));
  EXPECT_EQ(spec.revision, "");
}

TEST_F(CatalogModelTest, TheReloadPolicyIsTheConfigs) {
  EXPECT_EQ(Scan().reload_policy, ReloadPolicy::kPreserveAvailability);
  repository_.AddFile("net/config.pbtxt",
                      "parameters { key: 'sconce.reload_policy' "
                      "value { string_value: 'resources' } }");
  EXPECT_EQ(Scan().reload_policy, ReloadPolicy::kPreserveResources);
}

TEST_F(CatalogModelTest, ARevisionStaysWhileNobodyChangesTheFiles) {
  EXPECT_EQ(Revision(), Revision());
  const std::string before = Revision();
  repository_.AddFile("net/3/model.pt");
  EXPECT_EQ(Revision(), before);
}

TEST_F(CatalogModelTest, AFileThatTookTheArchivesPlaceIsAnotherRevision) {
  const std::string before = Revision();
  const auto time = fs::last_write_time(repository_.path("net/2/model.pt"));
  repository_.AddFile("fresh", "TWO");
  fs::last_write_time(repository_.path("fresh"), time);
  fs::rename(repository_.path("fresh"), repository_.path("net/2/model.pt"));
  EXPECT_NE(Revision(), before);
}

TEST_F(CatalogModelTest, ATouchedArchiveIsAnotherRevision) {
  const std::string before = Revision();
  const std::string other = Revision(1);
  fs::last_write_time(repository_.path("net/2/model.pt"),
                      fs::file_time_type::clock::now() - std::chrono::hours(1));
  EXPECT_NE(Revision(), before);
  EXPECT_EQ(Revision(1), other);
}

TEST_F(CatalogModelTest, AnotherSizeIsAnotherRevisionWhateverTheTime) {
  const std::string path = repository_.path("net/2/model.pt");
  const auto time = fs::last_write_time(path);
  const std::string before = Revision();
  std::ofstream(path, std::ios::app) << "more";
  fs::last_write_time(path, time);
  EXPECT_NE(Revision(), before);
}

TEST_F(CatalogModelTest, AnEditedConfigIsAnotherRevisionOfEveryVersion) {
  const std::string one = Revision(1);
  const std::string two = Revision(2);
  repository_.AddFile("net/config.pbtxt", "max_batch_size: 3");
  EXPECT_NE(Revision(1), one);
  EXPECT_NE(Revision(2), two);
}

TEST_F(CatalogModelTest, AConfigThatBreaksInAnotherWayIsAnotherRevision) {
  repository_.AddFile("net/config.pbtxt", "max_batch_size: -3");
  const std::string before = Revision();
  EXPECT_EQ(Revision(), before);
  repository_.AddFile("net/config.pbtxt", "max_batch_size: -4");
  EXPECT_NE(Revision(), before);
}

}  // namespace
}  // namespace sconce

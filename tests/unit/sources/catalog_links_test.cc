// What the catalog makes of links.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/sources/model_catalog.h"
#include "tests/unit/sources/temp_repository.h"

namespace sconce {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class CatalogLinksTest : public testing::Test {
 protected:
  void SetUp() override {
    disk_.AddFolder("root");
    disk_.AddFile("outside/1/model.pt");
    disk_.AddFile("outside/config.pbtxt", "max_batch_size: 3");
  }

  // The one version that is found.
  ServableSpec Only() {
    const auto models = ModelCatalog({disk_.path("root")}, {}).ScanAll();
    EXPECT_THAT(models, SizeIs(1));
    if (models.empty()) return {};
    const auto specs = ChosenSpecs(models[0]);
    EXPECT_THAT(specs, SizeIs(1));
    return specs[0];
  }

  // The only model fails because `what` leads out.
  void ExpectLinkOut(const std::string& what) {
    const ServableSpec spec = Only();
    EXPECT_EQ(spec.id.model, "net");
    EXPECT_EQ(spec.status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(spec.status.message()),
                AllOf(HasSubstr("'" + what + "' is a link out of"),
                      HasSubstr("put the files themselves there"),
                      Not(HasSubstr(disk_.path()))));
  }

  TempRepository disk_;
};

TEST_F(CatalogLinksTest, AModelFolderThatLeadsOutWillFail) {
  disk_.AddLink("root/net", "../outside");
  ExpectLinkOut("net");
}

TEST_F(CatalogLinksTest, ABareFileThatLeadsOutWillFail) {
  disk_.AddLink("root/net.pt", disk_.path("outside/1/model.pt"));
  ExpectLinkOut("net.pt");
}

TEST_F(CatalogLinksTest, AVersionFolderThatLeadsOutWillFail) {
  disk_.AddFile("root/net/1/model.pt");
  disk_.AddLink("root/net/2", "../../outside/1");
  ExpectLinkOut("net/2/model.pt");
}

TEST_F(CatalogLinksTest, AnArchiveThatLeadsOutWillFail) {
  disk_.AddFolder("root/net/1");
  disk_.AddLink("root/net/1/model.pt", "../../../outside/1/model.pt");
  ExpectLinkOut("net/1/model.pt");
}

TEST_F(CatalogLinksTest, AConfigThatLeadsOutWillFail) {
  disk_.AddFile("root/net/1/model.pt");
  disk_.AddLink("root/net/config.pbtxt", "../../outside/config.pbtxt");
  ExpectLinkOut("net/config.pbtxt");
}

TEST_F(CatalogLinksTest, AnArchiveNameThatClimbsOutWillFail) {
  disk_.AddFile("root/net/1/model.pt");
  disk_.AddFile("root/net/config.pbtxt", "default_model_filename: '..'");
  EXPECT_EQ(Only().status.code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(CatalogLinksTest, AnArchiveLinkToNothingWillFail) {
  disk_.AddFolder("root/net/1");
  disk_.AddLink("root/net/1/model.pt", "nowhere");
  EXPECT_THAT(std::string(Only().status.message()),
              HasSubstr("'net/1/model.pt' is a link that leads to nothing"));
}

TEST_F(CatalogLinksTest, LinksWithinTheRepositoryAreServed) {
  disk_.AddFile("root/.blobs/weights.pt", "bytes");
  disk_.AddFolder("root/net/1");
  disk_.AddLink("root/net/1/model.pt", "../../.blobs/weights.pt");
  const ServableSpec spec = Only();
  EXPECT_TRUE(spec.status.ok()) << spec.status;
  EXPECT_EQ(spec.path, disk_.path("root/.blobs/weights.pt"));
  EXPECT_NE(spec.revision, "");
}

TEST_F(CatalogLinksTest, AVolumeOfKubernetesChangesItsRevisionWhenItIsSwapped) {
  for (const char* when : {"..1", "..2"}) {
    disk_.AddFile(std::string("root/") + when + "/net/1/model.pt", "same");
  }
  disk_.AddLink("root/..data", "..1");
  disk_.AddLink("root/net", "..data/net");
  const std::string before = Only().revision;
  disk_.AddLink("root/..fresh", "..2");
  std::filesystem::rename(disk_.path("root/..fresh"),
                          disk_.path("root/..data"));
  EXPECT_TRUE(Only().status.ok());
  EXPECT_NE(Only().revision, before);
}

TEST_F(CatalogLinksTest, TheRepositoryMayBeALink) {
  disk_.AddFile("root/net.pt");
  disk_.AddLink("current", "root");
  const auto models = ModelCatalog({disk_.path("current")}, {}).ScanAll();
  ASSERT_THAT(models, SizeIs(1));
  EXPECT_TRUE(ChosenSpecs(models[0])[0].status.ok());
}

}  // namespace
}  // namespace sconce

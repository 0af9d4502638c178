#include "server/sources/load_override.h"

#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/unit/sources/temp_repository.h"

namespace sconce {
namespace {

namespace fs = std::filesystem;

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string Contents(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class LoadOverrideTest : public testing::Test {
 protected:
  LoadOverrideTest() { request_.model = "net"; }

  absl::StatusOr<std::unique_ptr<LoadOverride>> Make() const {
    return LoadOverride::Create(catalog_, request_);
  }

  absl::Status Fault() const {
    const absl::Status status = Make().status();
    EXPECT_THAT(std::string(status.message()),
                Not(HasSubstr(repository_.path())));
    return status;
  }

  // How many folders of overrides are on the disk.
  std::ptrdiff_t Count() const {
    const fs::path place = repository_.path(".sconce/overrides");
    if (!fs::is_directory(place)) return 0;
    return std::distance(fs::directory_iterator(place), {});
  }

  TempRepository repository_;
  ModelCatalog catalog_{{repository_.path()}, {}};
  ModelLoadRequest request_;
};

TEST_F(LoadOverrideTest, AConfigAloneIsForTheFilesOfTheRepository) {
  repository_.AddFile("net/1/model.pt");
  repository_.AddFile("net/2/model.pt");
  repository_.AddFile("net/config.pbtxt", "max_batch_size: 3");
  request_.config_json =
      R"({"max_batch_size": "16", "version_policy": {"all": {}}})";
  const auto made = Make();
  ASSERT_TRUE(made.ok()) << made.status();
  const auto specs = ChosenSpecs((*made)->model());
  ASSERT_EQ(specs.size(), 2u);
  EXPECT_EQ(specs[1].config.max_batch_size, 16);
  EXPECT_EQ(specs[1].path, repository_.path("net/2/model.pt"));
  EXPECT_EQ(Count(), 0);
}

TEST_F(LoadOverrideTest, ItsRevisionIsNotThatOfTheRepositorysConfig) {
  repository_.AddFile("net/1/model.pt");
  request_.config_json = "{}";
  const auto made = Make();
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_NE(SpecOf((*made)->model(), 1).revision,
            SpecOf(*catalog_.Scan("net"), 1).revision);
}

TEST_F(LoadOverrideTest, ABrokenConfigFileCanBeReplaced) {
  repository_.AddFile("net/1/model.pt");
  repository_.AddFile("net/config.pbtxt", "not a config");
  request_.config_json = "{}";
  const auto made = Make();
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_TRUE((*made)->model().status.ok());
}

TEST_F(LoadOverrideTest, AConfigOfAnUnknownModelIsNotFound) {
  request_.config_json = "{}";
  EXPECT_EQ(Fault().code(), absl::StatusCode::kNotFound);
}

TEST_F(LoadOverrideTest, ABareFileHasNoOtherArchiveName) {
  repository_.AddFile("net.pt");
  request_.config_json = R"({"default_model_filename": "other.pt"})";
  EXPECT_THAT(std::string(Fault().message()),
              AllOf(HasSubstr("'other.pt'"), HasSubstr("'net.pt'")));
}

TEST_F(LoadOverrideTest, WithFilesTheyAreAllOfTheModel) {
  repository_.AddFile("net/7/model.pt", "of the repository");
  request_.config_json = R"({"version_policy": {"all": {}}})";
  request_.files = {{"1/model.pt", "one"}, {"10/model.pt", "ten"}};
  const auto made = Make();
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT((*made)->model().versions, ElementsAre(1, 10));
  const auto specs = ChosenSpecs((*made)->model());
  ASSERT_EQ(specs.size(), 2u);
  EXPECT_EQ(specs[1].id.model, "net");
  EXPECT_TRUE(specs[1].status.ok()) << specs[1].status;
  EXPECT_EQ(Contents(specs[1].path), "ten");
  EXPECT_NE(specs[1].revision, "");
}

TEST_F(LoadOverrideTest, FilesMayMakeAModelThatNoRepositoryHas) {
  request_.config_json = R"({"default_model_filename": "net.ts"})";
  request_.files = {{"1/net.ts", std::string("a\0b", 3)}};
  const auto made = Make();
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(Contents(SpecOf((*made)->model(), 1).path), std::string("a\0b", 3));
}

TEST_F(LoadOverrideTest, FilesLieInTheRepositoryAsLongAsTheObjectLives) {
  request_.config_json = "{}";
  request_.files = {{"1/model.pt", "one"}};
  auto made = Make();
  ASSERT_TRUE(made.ok()) << made.status();
  const std::string path = SpecOf((*made)->model(), 1).path;
  EXPECT_THAT(path, StartsWith(repository_.path(".sconce/overrides")));
  EXPECT_EQ(catalog_.ScanAll().size(), 0u);
  made->reset();
  EXPECT_FALSE(fs::exists(path));
  EXPECT_EQ(Count(), 0);
}

TEST_F(LoadOverrideTest, OnlyTheServersUserCanReadTheFiles) {
  request_.config_json = "{}";
  request_.files = {{"1/model.pt", "one"}};
  const auto made = Make();
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(fs::status((*made)->model().root).permissions(),
            fs::perms::owner_all);
}

TEST_F(LoadOverrideTest, ARepositoryThatCannotBeWrittenIsSpared) {
  repository_.AddFile(".sconce", "a file where the folder would be");
  request_.config_json = "{}";
  request_.files = {{"1/model.pt", "one"}};
  auto made = Make();
  ASSERT_TRUE(made.ok()) << made.status();
  const std::string root = (*made)->model().root;
  EXPECT_THAT(root, Not(StartsWith(repository_.path())));
  EXPECT_EQ(Contents(root + "/1/model.pt"), "one");
  made->reset();
  EXPECT_FALSE(fs::exists(root));
}

TEST_F(LoadOverrideTest, NothingIsWrittenThroughALinkOutOfTheRepository) {
  const TempRepository outside;
  repository_.AddLink(".sconce", outside.path());
  request_.config_json = "{}";
  request_.files = {{"1/model.pt", "one"}};
  ASSERT_TRUE(Make().ok());
  EXPECT_TRUE(fs::is_empty(outside.path()));
}

TEST_F(LoadOverrideTest, FilesWithoutAConfigAreRefused) {
  request_.files = {{"1/model.pt", "one"}};
  EXPECT_EQ(Fault().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(
      std::string(Fault().message()),
      AllOf(HasSubstr("'file:1/model.pt'"), HasSubstr("requires config")));
}

TEST_F(LoadOverrideTest, PathsAreAVersionAndAName) {
  request_.config_json = "{}";
  for (const char* path :
       {"", "model.pt", "/1/model.pt", "1/../model.pt", "../1/model.pt",
        "1/a/model.pt", "1/", "1/..", "1/.hidden", "0/model.pt", "01/model.pt",
        "-1/model.pt", "x/model.pt", "1/a\\b", "1/a\nb", "1//model.pt"}) {
    request_.files = {{"1/model.pt", "one"}, {path, "bytes"}};
    EXPECT_EQ(Fault().code(), absl::StatusCode::kInvalidArgument) << path;
    EXPECT_THAT(std::string(Fault().message()), HasSubstr("'1/model.pt'"));
  }
  EXPECT_EQ(Count(), 0);
}

TEST_F(LoadOverrideTest, ANameThatCannotBeOneIsRefused) {
  request_.config_json = "{}";
  request_.files = {{"1/model.pt", "one"}};
  request_.model = "../net";
  EXPECT_EQ(Fault().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(LoadOverrideTest, AConfigThatIsNoneIsRefused) {
  repository_.AddFile("net/1/model.pt");
  request_.config_json = "{\"max_batch_size\": }";
  EXPECT_THAT(std::string(Fault().message()), HasSubstr("line 1, column 20"));
}

// Bounds the size of files as a full disk would.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit = {bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, SIG_DFL);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_ = {};
};

TEST_F(LoadOverrideTest, AFullDiskLeavesNothingBehind) {
  request_.config_json = "{}";
  request_.files = {{"1/model.pt", "small"},
                    {"2/model.pt", std::string(100000, 'x')}};
  absl::Status status;
  {
    const FileSizeLimit limit(4096);
    status = Fault();
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("no space left"));
  EXPECT_EQ(Count(), 0);
}

TEST_F(LoadOverrideTest, LeftoversOfADeadServerAreRemovedAndOthersAreNot) {
  repository_.AddFile(".sconce/overrides/load-dead/1/model.pt", "left");
  request_.config_json = "{}";
  request_.files = {{"1/model.pt", "one"}};
  const auto made = Make();
  ASSERT_TRUE(made.ok()) << made.status();
  PrivateFolder::RemoveLeftovers(repository_.path());
  EXPECT_EQ(Count(), 1);
  EXPECT_EQ(Contents(SpecOf((*made)->model(), 1).path), "one");
}

}  // namespace
}  // namespace sconce

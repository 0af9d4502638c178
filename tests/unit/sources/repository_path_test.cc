#include "server/sources/repository_path.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/unit/sources/temp_repository.h"

namespace sconce {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// The message of the refusal of `name`.
std::string NameFault(absl::string_view name) {
  const absl::Status status = CheckModelName(name);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  return std::string(status.message());
}

TEST(CheckModelNameTest, PrintableAsciiIsAName) {
  for (const char* name : {"net", "a b", "c.v2", "x-1_Y+~", "1", "a..b"}) {
    EXPECT_TRUE(CheckModelName(name).ok()) << name;
  }
}

TEST(CheckModelNameTest, AnEmptyNameIsNone) {
  EXPECT_THAT(NameFault(""), HasSubstr("empty"));
}

TEST(CheckModelNameTest, ANameHas255BytesAtMost) {
  EXPECT_TRUE(CheckModelName(std::string(255, 'x')).ok());
  const std::string fault = NameFault(std::string(256, 'x'));
  EXPECT_THAT(fault, HasSubstr("has 256 bytes, expected at most 255"));
  EXPECT_LT(fault.size(), 200u);
}

TEST(CheckModelNameTest, SeparatorsAreRefused) {
  EXPECT_EQ(NameFault("a/b"),
            "the model name 'a/b' holds '/', expected printable ASCII without "
            "'/', '\\', ':' and '*'");
  EXPECT_THAT(NameFault("a\\b"), HasSubstr("'a\\\\b'"));
}

TEST(CheckModelNameTest, WhatMeansAMethodOrAllModelsIsRefused) {
  EXPECT_THAT(NameFault("net:forward"), HasSubstr("holds ':'"));
  EXPECT_THAT(NameFault("*"), HasSubstr("holds '*'"));
}

TEST(CheckModelNameTest, HiddenNamesAndFoldersAboveAreRefused) {
  for (const char* name : {".", "..", ".git", "...", "../net"}) {
    EXPECT_THAT(NameFault(name), HasSubstr("begins with a '.'"));
  }
}

TEST(CheckModelNameTest, OtherBytesAreShownEscaped) {
  EXPECT_THAT(NameFault("a\nb"), HasSubstr("'a\\nb' holds '\\n'"));
  EXPECT_THAT(NameFault("a\xff"), HasSubstr("'a\\xff'"));
  EXPECT_THAT(NameFault("\x7f"), HasSubstr("'\\x7f'"));
  EXPECT_THAT(NameFault(absl::string_view("a\0b", 3)), HasSubstr("a\\x00"));
}

class ResolveBeneathTest : public testing::Test {
 protected:
  absl::StatusOr<std::filesystem::path> Resolve(absl::string_view path) {
    return ResolveBeneath(repository_.path("root"), path);
  }

  // What is said about `path`, with no path of the server in it.
  absl::Status Fault(absl::string_view path) {
    const absl::Status status = Resolve(path).status();
    EXPECT_THAT(std::string(status.message()),
                Not(HasSubstr(repository_.path())));
    return status;
  }

  void SetUp() override {
    repository_.AddFile("root/net/1/model.pt");
    repository_.AddFile("outside/secret.pt");
  }

  TempRepository repository_;
};

TEST_F(ResolveBeneathTest, WhatLiesBeneathIsGivenByItsRealPath) {
  EXPECT_EQ(Resolve("net/1/model.pt").value(),
            repository_.path("root/net/1/model.pt"));
  EXPECT_EQ(Resolve("net").value(), repository_.path("root/net"));
}

TEST_F(ResolveBeneathTest, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(Fault("net/2"),
            absl::NotFoundError("'net/2' is not in the model repository"));
}

TEST_F(ResolveBeneathTest, FoldersAboveAreRefusedEvenWhenTheyComeBack) {
  for (const char* path : {"..", "../outside/secret.pt", "net/../net",
                           "net/1/../../../outside", "net/.."}) {
    EXPECT_EQ(Fault(path).code(), absl::StatusCode::kInvalidArgument) << path;
  }
}

TEST_F(ResolveBeneathTest, AbsolutePathsAreRefused) {
  EXPECT_EQ(Fault("/etc/passwd").code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ResolveBeneathTest, AZeroIsRefused) {
  EXPECT_EQ(Fault(absl::string_view("net\0/x", 6)).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(ResolveBeneathTest, LinksWithinTheRootAreFollowed) {
  repository_.AddLink("root/alias", "net/1");
  EXPECT_EQ(Resolve("alias/model.pt").value(),
            repository_.path("root/net/1/model.pt"));
}

TEST_F(ResolveBeneathTest, VolumesOfKubernetesAreFollowed) {
  repository_.AddFile("root/..2026_01/map/1/model.pt");
  repository_.AddLink("root/..data", "..2026_01");
  repository_.AddLink("root/map", "..data/map");
  EXPECT_EQ(Resolve("map/1/model.pt").value(),
            repository_.path("root/..2026_01/map/1/model.pt"));
}

TEST_F(ResolveBeneathTest, LinksOutAreRefusedWithTheRemedy) {
  repository_.AddLink("root/relative", "../outside");
  repository_.AddLink("root/absolute", repository_.path("outside"));
  repository_.AddLink("root/net/1/b.pt", "../../../outside/secret.pt");
  for (const char* path : {"relative", "absolute", "relative/secret.pt",
                           "absolute/secret.pt", "net/1/b.pt"}) {
    const absl::Status fault = Fault(path);
    EXPECT_EQ(fault.code(), absl::StatusCode::kInvalidArgument) << path;
    EXPECT_THAT(std::string(fault.message()),
                AllOf(HasSubstr(path), HasSubstr("link out of"),
                      HasSubstr("--model-repository")));
  }
}

TEST_F(ResolveBeneathTest, AFolderWhoseNameBeginsWithTheRootsIsOutside) {
  repository_.AddFile("root2/model.pt");
  repository_.AddLink("root/twin", "../root2");
  EXPECT_EQ(Fault("twin").code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ResolveBeneathTest, LinksToNothingAndInACircleAreRefused) {
  repository_.AddLink("root/gone", "nowhere");
  repository_.AddLink("root/circle", "circle");
  repository_.AddLink("root/a", "b");
  repository_.AddLink("root/b", "a");
  for (const char* path : {"gone", "circle", "a/model.pt"}) {
    EXPECT_THAT(std::string(Fault(path).message()),
                HasSubstr("is a link that leads to nothing"));
    EXPECT_EQ(Fault(path).code(), absl::StatusCode::kInvalidArgument) << path;
  }
}

TEST_F(ResolveBeneathTest, TheRootItselfMayBeALink) {
  repository_.AddLink("current", "root");
  repository_.AddLink("root/alias", "net");
  repository_.AddLink("root/out", "../outside");
  const std::string root = repository_.path("current");
  EXPECT_EQ(ResolveBeneath(root, "net").value(), root + "/net");
  EXPECT_EQ(ResolveBeneath(root, "alias").value(),
            repository_.path("root/net"));
  EXPECT_FALSE(ResolveBeneath(root, "out").ok());
  EXPECT_EQ(ResolveBeneath(repository_.path("root/net/") + "/", "1").value(),
            repository_.path("root/net/1"));
}

}  // namespace
}  // namespace sconce

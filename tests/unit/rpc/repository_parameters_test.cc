#include "server/rpc/repository_parameters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

class LoadRequestTest : public ::testing::Test {
 protected:
  LoadRequestTest() { request_.set_model_name("net"); }

  inference::ModelRepositoryParameter& Parameter(const std::string& name) {
    return (*request_.mutable_parameters())[name];
  }

  void ExpectRefused(const std::string& words) {
    const auto load = TakeLoadRequest(&request_);
    EXPECT_EQ(load.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(load.status().message()), HasSubstr(words));
  }

  inference::RepositoryModelLoadRequest request_;
};

TEST_F(LoadRequestTest, WithoutParametersEverythingIsTheFolders) {
  const auto load = TakeLoadRequest(&request_);
  ASSERT_TRUE(load.ok());
  EXPECT_EQ(load->model, "net");
  EXPECT_EQ(load->config_json, std::nullopt);
  EXPECT_TRUE(load->files.empty());
}

TEST_F(LoadRequestTest, TakesConfigAndFiles) {
  Parameter("config").set_string_param("{\"max_batch_size\": 8}");
  Parameter("file:1/model.pt").set_bytes_param("bytes");
  const auto load = TakeLoadRequest(&request_);
  ASSERT_TRUE(load.ok()) << load.status();
  EXPECT_EQ(load->config_json, "{\"max_batch_size\": 8}");
  EXPECT_THAT(load->files, ElementsAre(Pair("1/model.pt", "bytes")));
}

TEST_F(LoadRequestTest, FilesNeedAConfig) {
  Parameter("file:1/model.pt").set_bytes_param("bytes");
  ExpectRefused("'file:1/model.pt' is given without 'config'");
}

TEST_F(LoadRequestTest, NamesParametersThatItDoesNotKnow) {
  Parameter("version").set_int64_param(1);
  ExpectRefused("unrecognized load parameter 'version'");
}

TEST_F(LoadRequestTest, NamesParametersOfWrongTypes) {
  Parameter("config").set_bytes_param("{}");
  ExpectRefused("parameter 'config' has the wrong type");
  Parameter("config").set_string_param("{}");
  Parameter("file:1/model.pt").set_string_param("text");
  ExpectRefused("parameter 'file:1/model.pt' has the wrong type");
}

TEST_F(LoadRequestTest, RefusesPathsThatLeaveTheVersionsFolder) {
  for (const char* path :
       {"../net/1/model.pt", "1/../model.pt", "1/a/b", "1/..", "1/.hidden",
        "0/model.pt", "-1/model.pt", "x/model.pt", "/model.pt", "1/",
        "model.pt", "", "1/a\\b", "1/a\nb", "99999999999999999999/model.pt"}) {
    request_.clear_parameters();
    Parameter("config").set_string_param("{}");
    Parameter(std::string("file:") + path).set_bytes_param("bytes");
    ExpectRefused("names no file of a version");
  }
}

TEST_F(LoadRequestTest, KnowsNoRepositoryByName) {
  request_.set_repository_name("other");
  EXPECT_TRUE(absl::IsUnimplemented(TakeLoadRequest(&request_).status()));
}

TEST(UnloadRequestTest, KnowsUnloadDependents) {
  inference::RepositoryModelUnloadRequest request;
  EXPECT_TRUE(CheckUnloadRequest(request).ok());
  auto& parameter = (*request.mutable_parameters())["unload_dependents"];
  parameter.set_bool_param(true);
  EXPECT_TRUE(CheckUnloadRequest(request).ok());
  parameter.set_int64_param(1);
  EXPECT_TRUE(absl::IsInvalidArgument(CheckUnloadRequest(request)));
}

TEST(UnloadRequestTest, RefusesOtherParametersAndRepositories) {
  inference::RepositoryModelUnloadRequest request;
  (*request.mutable_parameters())["config"].set_string_param("{}");
  EXPECT_THAT(std::string(CheckUnloadRequest(request).message()),
              HasSubstr("unrecognized unload parameter 'config'"));
  request.set_repository_name("other");
  EXPECT_TRUE(absl::IsUnimplemented(CheckUnloadRequest(request)));
}

}  // namespace
}  // namespace sconce

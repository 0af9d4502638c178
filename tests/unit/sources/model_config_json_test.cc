// A model's configuration as JSON.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/sources/model_config.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

absl::StatusOr<ModelConfigFile> Parse(const std::string& text) {
  return ParseModelConfigJson(text, "net", {});
}

std::string Refusal(const std::string& text) {
  const absl::Status status = Parse(text).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
  return std::string(status.message());
}

TEST(ModelConfigJsonTest, FieldsHaveTheirNamesOrCamelCase) {
  for (const char* text :
       {R"({"max_batch_size": 16})", R"({"maxBatchSize": 16})",
        R"({"max_batch_size": "16"})"}) {
    const auto config = Parse(text);
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_EQ(config->servable.max_batch_size, 16) << text;
  }
}

TEST(ModelConfigJsonTest, SaysTheSameAsTheTextForm) {
  const auto config = Parse(
      R"({"name": "net", "platform": "pytorch_libtorch",
          "input": [{"name": "x", "data_type": "TYPE_FP32",
                     "dims": ["3", -1]}],
          "version_policy": {"specific": {"versions": ["1", 3]}},
          "parameters": {"sconce.batching": {"string_value": "off"}},
          "instance_group": [{"name": "g"}]})");
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->servable.inputs.size(), 1u);
  EXPECT_EQ(config->servable.inputs[0].shape, Shape({3, kAnySize}));
  EXPECT_THAT(config->version_policy.specific, ElementsAre(1, 3));
  EXPECT_EQ(config->servable.batching, ServableConfig::Batching::kOff);
  EXPECT_THAT(config->ignored, ElementsAre("instance_group.name"));
}

TEST(ModelConfigJsonTest, AnEmptyObjectIsAConfig) {
  EXPECT_TRUE(Parse("{}").ok());
}

TEST(ModelConfigJsonTest, ASyntaxErrorIsGivenWithItsPlace) {
  EXPECT_EQ(Refusal("{\"max_batch_size\":\n\n 3 \"name\": 4}"),
            "config: not the JSON of a ModelConfig: line 3, column 4: Expected "
            ", or } after key:value pair.");
  EXPECT_THAT(Refusal("{"), HasSubstr("line 1, column 2: Unexpected end"));
  EXPECT_THAT(Refusal(""), HasSubstr("line 1, column 1: Unexpected end"));
  EXPECT_THAT(Refusal("{} x"), HasSubstr("line 1, column 4"));
}

TEST(ModelConfigJsonTest, APlaceThatCannotBeToldIsShown) {
  std::string text = "[";
  for (int i = 0; i < 9; ++i) text += "{\"name\": \"the same again\" 1},";
  EXPECT_THAT(Refusal("{\"input\":" + text + "]}"), HasSubstr("Expected , or"));
}

TEST(ModelConfigJsonTest, AValueThatDoesNotFitIsGivenWithItsField) {
  EXPECT_THAT(Refusal(R"({"max_batch_size": "many"})"),
              HasSubstr("(max_batch_size): invalid value \"many\""));
  EXPECT_THAT(Refusal(R"({"input": [{}, {"data_type": "TYPE_FP9"}]})"),
              HasSubstr("input[1].data_type"));
  EXPECT_THAT(Refusal(R"({"max_batch": 3})"),
              HasSubstr("max_batch: Cannot find field"));
}

TEST(ModelConfigJsonTest, WhatIsNoObjectIsRefused) {
  for (const char* text : {"[]", "3", "null", "\"text\"", "\xff"}) {
    EXPECT_THAT(Refusal(text), StartsWith("config: ")) << text;
  }
}

TEST(ModelConfigJsonTest, TheTextHasALimit) {
  EXPECT_EQ(Refusal(std::string(kMostConfigBytes + 1, ' ')),
            "config: has 1048577 bytes, expected at most 1048576");
}

TEST(ModelConfigJsonTest, NestingHasALimit) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "{\"version_policy\":";
  EXPECT_THAT(Refusal(text), StartsWith("config: "));
}

TEST(ModelConfigJsonTest, RefusesWhatTheTextFormRefuses) {
  EXPECT_THAT(Refusal(R"({"name": "other"})"),
              HasSubstr("config: the name is 'other'"));
  EXPECT_THAT(Refusal(R"({"max_batch_size": -1})"), HasSubstr("expected >= 0"));
  EXPECT_THAT(Refusal(R"({"platform": "onnxruntime_onnx"})"),
              HasSubstr("TorchScript"));
}

}  // namespace
}  // namespace sconce

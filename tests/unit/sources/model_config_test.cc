#include "server/sources/model_config.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sconce {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Kind = VersionPolicy::Kind;

absl::StatusOr<ModelConfigFile> Parse(const std::string& text) {
  return ParseModelConfig(text, "net", {});
}

// The message of the refusal of `text`.
std::string Refusal(const std::string& text) {
  const absl::Status status = Parse(text).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  return std::string(status.message());
}

// The fields of `text` that are set and not honoured.
std::vector<std::string> IgnoredOf(const std::string& text) {
  const auto config = Parse(text);
  EXPECT_TRUE(config.ok()) << config.status();
  return config.ok() ? config->ignored : std::vector<std::string>();
}

TEST(ModelConfigTest, AnEmptyFileIsAConfigWithoutBatching) {
  const auto config = Parse("");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->servable.max_batch_size, 0);
  EXPECT_THAT(config->servable.inputs, IsEmpty());
  EXPECT_THAT(config->servable.outputs, IsEmpty());
}

TEST(ModelConfigTest, MaxBatchSizeIsTheFiles) {
  ServableConfig defaults;
  defaults.max_batch_size = 32;
  EXPECT_EQ(ParseModelConfig("max_batch_size: 8", "net", defaults)
                ->servable.max_batch_size,
            8);
}

TEST(ModelConfigTest, AFileWithoutMaxBatchSizeAsksForNoBatching) {
  ServableConfig defaults;
  defaults.max_batch_size = 32;
  EXPECT_EQ(ParseModelConfig("", "net", defaults)->servable.max_batch_size, 0);
}

TEST(ModelConfigTest, WhatAFileCannotSayIsTakenFromTheDefaults) {
  ServableConfig defaults;
  defaults.max_queue_size = 7;
  EXPECT_EQ(ParseModelConfig("max_batch_size: 8", "net", defaults)
                ->servable.max_queue_size,
            7);
}

TEST(ModelConfigTest, InputsAreDeclaredWithTypeAndShape) {
  const auto config =
      Parse("input [{ name: 'ids' data_type: TYPE_INT64 dims: [ -1, 3 ] }]");
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->servable.inputs.size(), 1u);
  const TensorSpec& ids = config->servable.inputs[0];
  EXPECT_EQ(ids.name, "ids");
  EXPECT_EQ(ids.type, DataType::kInt64);
  EXPECT_EQ(ids.shape, Shape({kAnySize, 3}));
  EXPECT_FALSE(ids.optional);
}

TEST(ModelConfigTest, WhatAFileSaysIsDeclared) {
  const auto config = Parse(
      "input { name: 'a' data_type: TYPE_FP32 dims: 1 }"
      "output { name: 'b' data_type: TYPE_FP32 dims: 1 }");
  ASSERT_TRUE(config.ok()) << config.status();
  for (const TensorSpec& spec :
       {config->servable.inputs.at(0), config->servable.outputs.at(0)}) {
    EXPECT_EQ(spec.type_origin, FactOrigin::kDeclared);
    EXPECT_EQ(spec.shape_origin, FactOrigin::kDeclared);
  }
}

TEST(ModelConfigTest, OutputsAreDeclaredInTheirOrder) {
  const auto config = Parse(
      "output [{ name: 'p' data_type: TYPE_FP16 dims: [ 10 ] },"
      "        { name: 'q' data_type: TYPE_BOOL dims: [ 2 ] }]");
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->servable.outputs.size(), 2u);
  EXPECT_EQ(config->servable.outputs[0].name, "p");
  EXPECT_EQ(config->servable.outputs[1].type, DataType::kBool);
  EXPECT_THAT(config->servable.inputs, IsEmpty());
}

TEST(ModelConfigTest, WithBatchingShapesGetARowDimension) {
  const auto config = Parse(
      "max_batch_size: 4 "
      "input { name: 'x' data_type: TYPE_FP32 dims: [ 3 ] }"
      "output { name: 'y' data_type: TYPE_FP32 dims: [ 5 ] }");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->servable.inputs[0].shape, Shape({kAnySize, 3}));
  EXPECT_EQ(config->servable.outputs[0].shape, Shape({kAnySize, 5}));
}

TEST(ModelConfigTest, AnInputMayBeOptional) {
  const auto config = Parse(
      "input { name: 'x' data_type: TYPE_FP32 dims: [ 3 ] optional: true }");
  EXPECT_TRUE(config->servable.inputs[0].optional);
}

TEST(ModelConfigTest, StringsAreBytes) {
  const auto config =
      Parse("input { name: 'x' data_type: TYPE_STRING dims: [ 1 ] }");
  EXPECT_EQ(config->servable.inputs[0].type, DataType::kBytes);
}

TEST(ModelConfigTest, EveryNumericTypeIsKnown) {
  for (const char* type :
       {"BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32",
        "INT64", "FP16", "FP32", "FP64", "BF16"}) {
    const auto config = Parse(std::string("input { name: 'x' data_type: ") +
                              "TYPE_" + type + " dims: [ 1 ] }");
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_EQ(DataTypeName(*config->servable.inputs[0].type), type);
  }
}

TEST(ModelConfigTest, TheNameMayBeTheFolders) {
  EXPECT_TRUE(Parse("name: 'net'").ok());
}

TEST(ModelConfigTest, ADifferentNameIsRefusedWithBoth) {
  EXPECT_EQ(Refusal("name: 'other'"),
            "config.pbtxt: the name is 'other', but the model's folder is "
            "called 'net'");
}

TEST(ModelConfigTest, ANegativeBatchSizeIsRefused) {
  EXPECT_EQ(Refusal("max_batch_size: -1"),
            "config.pbtxt: max_batch_size is -1, expected >= 0");
}

TEST(ModelConfigTest, AnInputWithoutANameIsRefused) {
  EXPECT_THAT(Refusal("input { data_type: TYPE_FP32 dims: [ 1 ] }"),
              HasSubstr("no name"));
}

TEST(ModelConfigTest, AnOutputWithoutANameIsRefused) {
  EXPECT_THAT(Refusal("output { data_type: TYPE_FP32 dims: [ 1 ] }"),
              HasSubstr("no name"));
}

TEST(ModelConfigTest, AMissingTypeIsRefused) {
  EXPECT_THAT(Refusal("input { name: 'x' dims: [ 1 ] }"),
              AllOf(HasSubstr("'x'"), HasSubstr("TYPE_INVALID")));
}

TEST(ModelConfigTest, ATypeOfAnUnknownNumberIsRefused) {
  EXPECT_THAT(Refusal("input { name: 'x' data_type: 99 dims: [ 1 ] }"),
              AllOf(HasSubstr("'x'"), HasSubstr("data_type")));
}

TEST(ModelConfigTest, ANegativeSizeOtherThanAnyIsRefused) {
  EXPECT_EQ(Refusal("input { name: 'x' data_type: TYPE_FP32 dims: [ 1, -2 ] }"),
            "config.pbtxt: 'x': dims holds -2, expected a size >= 0 or -1 for "
            "any");
}

TEST(ModelConfigTest, ASyntaxErrorIsGivenWithItsPlace) {
  EXPECT_THAT(Refusal("max_batch_size: 4\ninput [\n  { name: }\n]"),
              HasSubstr("config.pbtxt: not valid: line 3, column 11: "));
}

TEST(ModelConfigTest, AnUnknownFieldIsNamedWithItsPlace) {
  EXPECT_THAT(Refusal("max_batch_size: 4\n\nmax_batch: 8"),
              AllOf(HasSubstr("line 3, column"), HasSubstr("max_batch")));
}

TEST(ModelConfigTest, AnUnknownTypeNameIsNamedWithItsPlace) {
  EXPECT_THAT(Refusal("input { name: 'x'\n data_type: TYPE_FP8 }"),
              AllOf(HasSubstr("line 2"), HasSubstr("TYPE_FP8")));
}

TEST(ModelConfigTest, OnlyTheFirstSyntaxErrorIsGiven) {
  const std::string refusal = Refusal("one: 1\ntwo: 2");
  EXPECT_THAT(refusal, HasSubstr("line 1"));
  EXPECT_THAT(refusal, Not(HasSubstr("line 2")));
}

// A config whose parameter sconce.batching is `value`.
std::string Batching(const std::string& value) {
  return "parameters { key: 'sconce.batching' value { string_value: '" + value +
         "' } }";
}

TEST(ModelConfigTest, BatchingIsProvenTrustedOrOff) {
  using Batches = ServableConfig::Batching;
  EXPECT_EQ(Parse("")->servable.batching, Batches::kProven);
  EXPECT_EQ(Parse(Batching("proven"))->servable.batching, Batches::kProven);
  EXPECT_EQ(Parse(Batching("off"))->servable.batching, Batches::kOff);
  EXPECT_EQ(
      Parse("max_batch_size: 4 " + Batching("trusted"))->servable.batching,
      Batches::kTrusted);
}

TEST(ModelConfigTest, OtherBatchingIsRefused) {
  EXPECT_EQ(Refusal(Batching("yes")),
            "config.pbtxt: parameter 'sconce.batching' is 'yes', expected "
            "'proven', 'off', or, with a max_batch_size, 'trusted'");
  EXPECT_THAT(Refusal(Batching("trusted")), HasSubstr("is 'trusted'"));
}

TEST(ModelConfigTest, SequencesHaveLimits) {
  const auto config = Parse(
      "sequence_batching { max_sequence_idle_microseconds: 5000000 "
      "oldest { max_candidate_sequences: 7 } }");
  EXPECT_EQ(config->servable.max_sequence_idle, std::chrono::seconds(5));
  EXPECT_EQ(config->servable.max_sequences, 7);
}

TEST(ModelConfigTest, SequenceLimitsThatAreNotThereAreTheDefaults) {
  ServableConfig defaults;
  defaults.max_sequences = 3;
  defaults.max_sequence_idle = std::chrono::seconds(9);
  const auto config = ParseModelConfig("sequence_batching {}", "net", defaults);
  EXPECT_EQ(config->servable.max_sequence_idle, std::chrono::seconds(9));
  EXPECT_EQ(config->servable.max_sequences, 3);
}

TEST(ModelConfigTest, TheQueueMayHaveALimit) {
  ServableConfig defaults;
  defaults.max_queue_size = 7;
  const auto queue = [&](const std::string& text) {
    return ParseModelConfig(text, "net", defaults)->servable.max_queue_size;
  };
  EXPECT_EQ(queue("dynamic_batching { default_queue_policy { max_queue_size: "
                  "3 } }"),
            3);
  EXPECT_EQ(queue("dynamic_batching { default_queue_policy {} }"), 7);
}

TEST(ModelConfigTest, BatchesMayWait) {
  const auto config = Parse(
      "max_batch_size: 8 dynamic_batching { preferred_batch_size: [ 8, 4 ] "
      "max_queue_delay_microseconds: 100 }");
  EXPECT_EQ(config->servable.max_queue_delay, std::chrono::microseconds(100));
  EXPECT_EQ(config->servable.preferred_batch_sizes,
            std::vector<int64_t>({4, 8}));
}

TEST(ModelConfigTest, PreferredSizesAreNotAboveTheLargest) {
  for (const char* size : {"0", "-1", "9"}) {
    const auto config = Parse(absl::StrCat(
        "max_batch_size: 8 dynamic_batching { preferred_batch_size: [ 4, ",
        size, " ] }"));
    EXPECT_EQ(
        config.status().message(),
        absl::StrCat("config.pbtxt: dynamic_batching.preferred_batch_size "
                     "holds ",
                     size,
                     ", expected rows between 1 and the max_batch_size, "
                     "8"));
  }
}

TEST(ModelConfigTest, TheDefaultTimeoutIsTheSlo) {
  const auto config = Parse(
      "dynamic_batching { default_queue_policy { "
      "default_timeout_microseconds: 20000 } }");
  EXPECT_EQ(config->servable.slo, std::chrono::milliseconds(20));
  EXPECT_EQ(Parse("")->servable.slo, MonoDuration::zero());
}

TEST(ModelConfigTest, TimesWithoutEndDoNotOverflow) {
  const auto config = Parse(
      "dynamic_batching { max_queue_delay_microseconds: 18446744073709551615 "
      "}");
  EXPECT_GT(config->servable.max_queue_delay, std::chrono::hours(24 * 365));
}

TEST(ModelConfigTest, RequestsMayHavePriorities) {
  const auto config = Parse(
      "dynamic_batching { priority_levels: 5 default_priority_level: 2 }");
  EXPECT_EQ(config->servable.priority_levels, 5);
  EXPECT_EQ(config->servable.default_priority_level, 2);
}

TEST(ModelConfigTest, TheDefaultPriorityIsOneOfTheLevels) {
  for (const char* levels :
       {"priority_levels: 5", "priority_levels: 5 default_priority_level: 6",
        "default_priority_level: 1", "priority_levels: 18446744073709551615"}) {
    EXPECT_FALSE(Parse(absl::StrCat("dynamic_batching { ", levels, " }")).ok());
  }
}

TEST(ModelConfigTest, WithoutAPolicyTheLatestVersionIsServed) {
  const auto config = Parse("");
  EXPECT_EQ(config->version_policy.kind, Kind::kLatest);
  EXPECT_EQ(config->version_policy.latest, 1u);
}

TEST(ModelConfigTest, TheLatestVersionsMayBeSeveral) {
  const auto config = Parse("version_policy { latest { num_versions: 3 } }");
  EXPECT_EQ(config->version_policy.kind, Kind::kLatest);
  EXPECT_EQ(config->version_policy.latest, 3u);
}

TEST(ModelConfigTest, LatestWithoutANumberIsOne) {
  EXPECT_EQ(Parse("version_policy { latest {} }")->version_policy.latest, 1u);
}

TEST(ModelConfigTest, AllVersionsMayBeServed) {
  EXPECT_EQ(Parse("version_policy { all {} }")->version_policy.kind,
            Kind::kAll);
}

TEST(ModelConfigTest, SpecificVersionsMayBeServed) {
  const auto config =
      Parse("version_policy { specific { versions: [ 3, 1 ] } }");
  EXPECT_EQ(config->version_policy.kind, Kind::kSpecific);
  EXPECT_THAT(config->version_policy.specific, ElementsAre(3, 1));
}

TEST(ModelConfigTest, TheArchiveIsCalledModelPt) {
  EXPECT_EQ(Parse("")->archive_file_name, "model.pt");
}

TEST(ModelConfigTest, TheArchiveMayHaveAnotherName) {
  EXPECT_EQ(Parse("default_model_filename: 'net.ts'")->archive_file_name,
            "net.ts");
}

TEST(ModelConfigTest, AnArchiveInAnotherFolderIsRefused) {
  EXPECT_THAT(Refusal("default_model_filename: '../other/model.pt'"),
              HasSubstr("default_model_filename holds a '/'"));
}

TEST(ModelConfigTest, HonouredFieldsAreNotLogged) {
  EXPECT_THAT(
      IgnoredOf("name: 'net' platform: 'pytorch_libtorch' backend: 'pytorch' "
                "max_batch_size: 4 dynamic_batching {} "
                "version_policy { all {} } "
                "default_model_filename: 'a.pt' "
                "input { name: 'x' data_type: TYPE_FP32 dims: [ 3 ] } "
                "output { name: 'y' data_type: TYPE_FP32 dims: [ 3 ] }"),
      IsEmpty());
}

TEST(ModelConfigTest, FieldsThatAreNotHonouredAreNamed) {
  EXPECT_THAT(IgnoredOf("instance_group { name: 'g' }"),
              ElementsAre("instance_group.name"));
}

TEST(ModelConfigTest, WhatWouldChangeTheMeaningIsRefused) {
  EXPECT_EQ(Refusal("input { name: 'x' data_type: TYPE_FP32 dims: 1 "
                    "reshape { shape: [ 1, 1 ] } }"),
            "config.pbtxt: input.reshape of 'x' is not served; declare the "
            "model's own dims");
}

TEST(ModelConfigTest, AnotherTextIsAnotherRevision) {
  EXPECT_EQ(Parse("")->revision, Parse("")->revision);
  EXPECT_NE(Parse("")->revision, Parse("max_batch_size: 1")->revision);
}

std::string Reload(const std::string& value) {
  return "parameters { key: 'sconce.reload_policy' value { string_value: '" +
         value + "' } }";
}

TEST(ModelConfigTest, AReloadPreservesAvailabilityOrResources) {
  EXPECT_EQ(Parse("")->reload_policy, ReloadPolicy::kPreserveAvailability);
  EXPECT_EQ(Parse(Reload("availability"))->reload_policy,
            ReloadPolicy::kPreserveAvailability);
  EXPECT_EQ(Parse(Reload("resources"))->reload_policy,
            ReloadPolicy::kPreserveResources);
}

TEST(ModelConfigTest, AnotherReloadPolicyIsRefused) {
  EXPECT_EQ(Refusal(Reload("fast")),
            "config.pbtxt: parameter 'sconce.reload_policy' is 'fast', "
            "expected 'availability' or 'resources'");
}

std::string Weight(const std::string& value) {
  return "parameters { key: 'sconce.weight' value { string_value: '" + value +
         "' } }";
}

TEST(ModelConfigTest, AModelMayHaveMoreOfTheLanes) {
  EXPECT_EQ(Parse("")->servable.weight, 1);
  EXPECT_EQ(Parse(Weight("30"))->servable.weight, 30);
  for (const char* value : {"0", "-1", "1001", "2.5", "much"}) {
    EXPECT_EQ(Refusal(Weight(value)),
              std::string("config.pbtxt: parameter 'sconce.weight' is '") +
                  value + "', expected an integer from 1 to 1000");
  }
}

std::string Parameter(const std::string& key, const std::string& value) {
  return "parameters { key: '" + key + "' value { string_value: '" + value +
         "' } }";
}

TEST(ModelConfigTest, AModelComputesAsItWasSavedUnlessTheFileSaysMore) {
  const PrecisionSettings settings = Parse("")->servable.precision;
  EXPECT_TRUE(settings.AreDefault());
  EXPECT_FALSE(settings.tolerance);
}

TEST(ModelConfigTest, EveryPrecisionHasAName) {
  for (const Precision precision :
       {Precision::kFp32, Precision::kTf32, Precision::kFp16, Precision::kBf16,
        Precision::kAutocastFp16, Precision::kAutocastBf16}) {
    const std::string name(PrecisionName(precision));
    EXPECT_EQ(Parse(Parameter("sconce.precision", name))
                  ->servable.precision.precision,
              precision)
        << name;
  }
}

TEST(ModelConfigTest, AnotherPrecisionIsRefused) {
  EXPECT_EQ(Refusal(Parameter("sconce.precision", "half")),
            "config.pbtxt: parameter 'sconce.precision' is 'half', expected "
            "'fp32', 'tf32', 'fp16', 'bf16', 'autocast_fp16' or "
            "'autocast_bf16'");
}

TEST(ModelConfigTest, AMemoryFormatIsReadOrRefused) {
  const std::string key = "sconce.memory_format";
  EXPECT_EQ(
      Parse(Parameter(key, "channels_last"))->servable.precision.memory_format,
      MemoryFormat::kChannelsLast);
  EXPECT_EQ(
      Parse(Parameter(key, "contiguous"))->servable.precision.memory_format,
      MemoryFormat::kContiguous);
  EXPECT_EQ(Refusal(Parameter(key, "nhwc")),
            "config.pbtxt: parameter 'sconce.memory_format' is 'nhwc', "
            "expected 'contiguous' or 'channels_last'");
}

TEST(ModelConfigTest, ATolerancesBothPartsAreRead) {
  for (const char* text :
       {"rtol=1e-2 atol=0.5", "atol=0.5 rtol=1e-2", " rtol=0.01  atol=5e-1 "}) {
    const auto tolerance = Parse(Parameter("sconce.tolerance", text))
                               ->servable.precision.tolerance;
    ASSERT_TRUE(tolerance) << text;
    EXPECT_EQ(tolerance->relative, 1e-2) << text;
    EXPECT_EQ(tolerance->absolute, 0.5) << text;
  }
}

TEST(ModelConfigTest, AToleranceOfAnotherFormIsRefused) {
  for (const char* text :
       {"", "1e-2", "rtol=1e-2", "atol=1e-2", "rtol=1 rtol=1", "rtol=-1 atol=0",
        "rtol=nan atol=0", "rtol=0 atol=inf", "rtol=0,atol=0",
        "rtol=0 atol=0 x=0", "rtol= atol=0"}) {
    EXPECT_EQ(Refusal(Parameter("sconce.tolerance", text)),
              std::string("config.pbtxt: parameter 'sconce.tolerance' is '") +
                  text +
                  "', expected 'rtol=<number> atol=<number>', both from 0 on");
  }
}

TEST(ModelConfigTest, AModelMayNameItsDevices) {
  using Kind = Placement::Kind;
  const auto placement = [](const std::string& text) {
    return ParseModelConfig(text, "m", {})->servable.placement;
  };
  EXPECT_EQ(placement("").kind, Kind::kAuto);
  EXPECT_EQ(placement("instance_group { kind: KIND_CPU }").kind, Kind::kCpu);
  EXPECT_EQ(placement("instance_group { kind: KIND_GPU }").kind, Kind::kGpu);
  const Placement two = placement(
      "instance_group { gpus: [2, 0] count: 3 } instance_group { gpus: 2 }");
  EXPECT_EQ(two.kind, Kind::kGpu);
  EXPECT_THAT(two.gpus, ElementsAre(0, 2));
  EXPECT_EQ(two.count, 3);
}

TEST(ModelConfigTest, DevicesThatCannotBeAreRefused) {
  const std::pair<const char*, const char*> refused[] = {
      {"instance_group { kind: KIND_CPU gpus: 0 }", "KIND_CPU and gpus"},
      {"instance_group { gpus: -1 }", "gpus holds -1"},
      {"instance_group { count: -1 }", "count is -1"},
      {"instance_group { kind: KIND_CPU } instance_group { kind: KIND_GPU }",
       "KIND_CPU and KIND_GPU"}};
  for (const auto& [text, reason] : refused) {
    const absl::Status status = ParseModelConfig(text, "m", {}).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr(reason)) << text;
  }
}

TEST(ModelConfigTest, GraphsAreOffUnlessAskedFor) {
  using Graphs = ServableConfig::Graphs;
  const auto graphs = [](const std::string& value) {
    return ParseModelConfig(
        "parameters { key: 'sconce.cuda_graphs' value { string_value: '" +
            value + "' } }",
        "m", {});
  };
  EXPECT_EQ(ParseModelConfig("", "m", {})->servable.graphs, Graphs::kOff);
  EXPECT_EQ(graphs("off")->servable.graphs, Graphs::kOff);
  EXPECT_EQ(graphs("auto")->servable.graphs, Graphs::kAuto);
  EXPECT_EQ(graphs("on")->servable.graphs, Graphs::kOn);
  EXPECT_THAT(std::string(graphs("yes").status().message()),
              HasSubstr("'sconce.cuda_graphs' is 'yes', expected 'off'"));
}

}  // namespace
}  // namespace sconce

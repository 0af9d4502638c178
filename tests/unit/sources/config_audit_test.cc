#include "server/sources/config_audit.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/text_format.h>

#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/sources/config_fields.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using google::protobuf::Descriptor;

// The paths of all fields of `message`; not those within a field whose rule
// holds for all of it.
void CollectPaths(const Descriptor& message, const std::string& prefix,
                  std::set<std::string>* paths) {
  for (int i = 0; i < message.field_count(); ++i) {
    const auto& field = *message.field(i);
    const std::string path = prefix + field.name();
    paths->insert(path);
    const FieldRule* const rule = FindFieldRule(path);
    if (rule != nullptr && rule->use == FieldUse::kNested) {
      ASSERT_NE(field.message_type(), nullptr) << path;
      CollectPaths(*field.message_type(), path + ".", paths);
    }
  }
}

std::set<std::string> AllPaths() {
  std::set<std::string> paths;
  CollectPaths(*inference::ModelConfig::descriptor(), "", &paths);
  return paths;
}

absl::StatusOr<std::vector<std::string>> Audit(const std::string& text) {
  inference::ModelConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config))
      << text;
  return IgnoredFields(config);
}

std::vector<std::string> Ignored(const std::string& text) {
  const auto ignored = Audit(text);
  EXPECT_TRUE(ignored.ok()) << ignored.status();
  return ignored.ok() ? *ignored : std::vector<std::string>();
}

std::string Refusal(const std::string& text) {
  const absl::Status status = Audit(text).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
  return std::string(status.message());
}

TEST(ConfigFieldsTest, EveryFieldOfTheMessageHasARule) {
  for (const std::string& path : AllPaths()) {
    EXPECT_NE(FindFieldRule(path), nullptr)
        << path << ": decide in config_fields.cc what the server makes of it";
  }
}

TEST(ConfigFieldsTest, EveryRuleIsForAFieldAndStandsOnce) {
  const std::set<std::string> paths = AllPaths();
  std::set<std::string> seen;
  for (const FieldRule& rule : ConfigFieldRules()) {
    const std::string path(rule.path);
    EXPECT_TRUE(paths.contains(path)) << path;
    EXPECT_TRUE(seen.insert(path).second) << path << " stands twice";
  }
}

TEST(ConfigFieldsTest, EveryRefusalHasARemedy) {
  for (const FieldRule& rule : ConfigFieldRules()) {
    EXPECT_EQ(rule.use == FieldUse::kRefused, !rule.remedy.empty())
        << rule.path;
  }
}

TEST(ConfigAuditTest, ATypicalConfigOfTorchScriptIsHonoured) {
  EXPECT_THAT(
      Ignored("name: 'net' platform: 'pytorch_libtorch' backend: 'pytorch' "
              "max_batch_size: 8 "
              "input { name: 'INPUT__0' data_type: TYPE_FP32 dims: [ 3, 4 ] } "
              "output { name: 'OUTPUT__0' data_type: TYPE_FP32 dims: [ 5 ] } "
              "version_policy { latest { num_versions: 2 } } "
              "dynamic_batching { default_queue_policy { max_queue_size: 9 "
              "allow_timeout_override: true } } "
              "instance_group { kind: KIND_CPU } "
              "default_model_filename: 'model.pt'"),
      IsEmpty());
}

TEST(ConfigAuditTest, IgnoredFieldsAreNamedWithAllFoldersOfTheirPath) {
  EXPECT_THAT(
      Ignored("instance_group { name: 'g' kind: KIND_GPU gpus: 0 } "
              "optimization { cuda { graphs: true } "
              "  execution_accelerators { gpu_execution_accelerator { name: "
              "'tensorrt' } } } "
              "model_warmup { name: 'w' batch_size: 1 } "
              "dynamic_batching { preserve_ordering: true } "
              "response_cache { enable: true }"),
      ElementsAre(
          "dynamic_batching.preserve_ordering", "instance_group.name",
          "model_warmup.batch_size", "model_warmup.name",
          "optimization.cuda.graphs",
          "optimization.execution_accelerators.gpu_execution_accelerator",
          "response_cache.enable"));
}

TEST(ConfigAuditTest, AFieldOfSeveralMessagesIsNamedOnce) {
  EXPECT_THAT(
      Ignored("instance_group { name: 'g' } instance_group { name: 'h' } "
              "output { name: 'y' label_filename: 'l' }"),
      ElementsAre("instance_group.name", "output.label_filename"));
}

TEST(ConfigAuditTest, SwitchesThatAreOffAreNoSettings) {
  EXPECT_THAT(Ignored("model_transaction_policy { decoupled: false } "
                      "response_cache { enable: false } "
                      "input { name: 'x' allow_ragged_batch: false }"),
              IsEmpty());
}

TEST(ConfigAuditTest, WhatChangesAnswersIsRefusedByName) {
  for (const char* text :
       {"input { name: 'x' reshape {} }",
        "output { name: 'y' reshape { shape: 1 } }",
        "input { name: 'x' allow_ragged_batch: true }",
        "input { name: 'x' is_shape_tensor: true }",
        "input { name: 'x' is_non_linear_format_io: true }",
        "output { name: 'y' is_shape_tensor: true }",
        "batch_input { target_name: 'x' }", "batch_output { target_name: 'y' }",
        "ensemble_scheduling { step { model_name: 'a' } }",
        "model_transaction_policy { decoupled: true }",
        "sequence_batching { control_input { name: 'START' } }",
        "sequence_batching { state { input_name: 'h' } }",
        "sequence_batching { iterative_sequence: true }",
        "model_repository_agents { agents { name: 'checksum' } }",
        "model_operations { op_library_filename: 'ops.so' }"}) {
    EXPECT_THAT(Refusal(text), HasSubstr(" is not served; ")) << text;
  }
}

TEST(ConfigAuditTest, ARefusalNamesTheFieldItsOwnerAndTheRemedy) {
  EXPECT_EQ(Refusal("input { name: 'x' allow_ragged_batch: true }"),
            "input.allow_ragged_batch of 'x' is not served; leave it out; "
            "requests of other shapes are not merged");
}

TEST(ConfigAuditTest, ModelsOfOtherFrameworksAreRefusedWithTheRemedy) {
  EXPECT_EQ(Refusal("platform: 'onnxruntime_onnx'"),
            "platform 'onnxruntime_onnx' is not served; this server runs "
            "TorchScript; export the model with torch.jit and leave 'platform' "
            "out or say 'pytorch_libtorch'");
  EXPECT_THAT(Refusal("backend: 'tensorrt'"), HasSubstr("'tensorrt'"));
  EXPECT_THAT(Refusal("platform: 'ensemble'"), HasSubstr("'ensemble'"));
  EXPECT_THAT(Refusal("backend: 'pytorch' runtime: 'model.py'"),
              HasSubstr("no Python"));
}

TEST(ConfigAuditTest, TheProtocolsNameOfThePlatformIsTaken) {
  EXPECT_THAT(Ignored("platform: 'pytorch_torchscript'"), IsEmpty());
}

std::string Parameter(const std::string& key) {
  return "parameters { key: '" + key + "' value { string_value: 'true' } }";
}

TEST(ConfigAuditTest, ParametersOfOthersAreNamed) {
  EXPECT_THAT(Ignored(Parameter("INFERENCE_MODE") +
                      Parameter("DISABLE_OPTIMIZED_EXECUTION")),
              ElementsAre("parameters.DISABLE_OPTIMIZED_EXECUTION",
                          "parameters.INFERENCE_MODE"));
}

TEST(ConfigAuditTest, UnknownParametersOfOurOwnAreRefused) {
  EXPECT_EQ(Refusal(Parameter("sconce.batch")),
            "parameter 'sconce.batch' is not known; expected one of "
            "sconce.batching, sconce.cuda_graphs, sconce.memory_format, "
            "sconce.padding, sconce.precision, sconce.reload_policy, "
            "sconce.tolerance, "
            "sconce.weight");
}

TEST(ConfigAuditTest, OurOwnParametersAreHonoured) {
  EXPECT_THAT(Ignored(Parameter("sconce.batching")), IsEmpty());
  EXPECT_THAT(Ignored(Parameter("sconce.batching_verdict")), IsEmpty());
  EXPECT_THAT(Ignored(Parameter("sconce.padding")), IsEmpty());
  EXPECT_THAT(Ignored(Parameter("sconce.reload_policy")), IsEmpty());
  EXPECT_THAT(Ignored(Parameter("sconce.precision")), IsEmpty());
  EXPECT_THAT(Ignored(Parameter("sconce.memory_format")), IsEmpty());
  EXPECT_THAT(Ignored(Parameter("sconce.tolerance")), IsEmpty());
}

}  // namespace
}  // namespace sconce

#include "server/runtime/probe/probe_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace sconce {
namespace {

using ::testing::HasSubstr;

TensorSpec FullSpec() {
  return {.name = "im\"age",
          .type = DataType::kFp16,
          .type_origin = FactOrigin::kDeclared,
          .shape = Shape{kAnySize, 3},
          .shape_origin = FactOrigin::kDeclared,
          .optional = true,
          .kind = ValueKind::kIntList};
}

void ExpectSame(const TensorSpec& a, const TensorSpec& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.type, b.type);
  EXPECT_EQ(a.type_origin, b.type_origin);
  EXPECT_EQ(a.shape, b.shape);
  EXPECT_EQ(a.shape_origin, b.shape_origin);
  EXPECT_EQ(a.optional, b.optional);
  EXPECT_EQ(a.kind, b.kind);
}

ProbeRequest Sent(const ProbeRequest& request) {
  const auto read = ReadProbeRequest(ToArguments(request));
  EXPECT_TRUE(read.ok()) << read.status();
  return read.ok() ? *read : ProbeRequest();
}

TEST(ProbeRequestTest, TheModelArrives) {
  // A file's name may be any bytes.
  const ProbeRequest sent =
      Sent({.spec = {.id = {"m ü", 3}, .path = "/a \xff\n/model.pt"}});
  EXPECT_EQ(sent.spec.id.model, "m ü");
  EXPECT_EQ(sent.spec.id.version, 3);
  EXPECT_EQ(sent.spec.path, "/a \xff\n/model.pt");
}

TEST(ProbeRequestTest, ItsConfigurationArrives) {
  ServableConfig config;
  config.max_batch_size = 8;
  config.batching = ServableConfig::Batching::kTrusted;
  config.max_undeclared_rows = 7;
  config.max_sequences = 6;
  config.max_sequence_idle = std::chrono::milliseconds(5);
  config.max_queue_size = 4;
  config.max_queue_delay = std::chrono::milliseconds(3);
  config.preferred_batch_sizes = {2, 4};
  config.padding.rules = {{{{"x", 1}}, {{"y", 2}}, {8, 16}, -1}};
  config.padding.needed = {"mask"};
  config.slo = std::chrono::milliseconds(9);
  config.weight = 9;
  config.priority_levels = 5;
  config.default_priority_level = 2;
  config.precision = {Precision::kAutocastBf16, MemoryFormat::kChannelsLast,
                      Tolerance{0.5, 0.25}};
  config.inputs = {FullSpec(), TensorSpec{.name = "unknown"}};
  config.outputs = {TensorSpec{.name = "scalar", .shape = Shape{}}};
  const ServableConfig sent = Sent({.spec = {.config = config}}).spec.config;
  EXPECT_EQ(sent.max_batch_size, 8);
  EXPECT_EQ(sent.batching, ServableConfig::Batching::kTrusted);
  EXPECT_EQ(sent.max_undeclared_rows, 7);
  EXPECT_EQ(sent.max_sequences, 6);
  EXPECT_EQ(sent.max_sequence_idle, std::chrono::milliseconds(5));
  EXPECT_EQ(sent.max_queue_size, 4);
  EXPECT_EQ(sent.max_queue_delay, std::chrono::milliseconds(3));
  EXPECT_EQ(sent.preferred_batch_sizes, std::vector<int64_t>({2, 4}));
  ASSERT_EQ(sent.padding.rules.size(), 1u);
  EXPECT_EQ(sent.padding.rules[0].inputs.at(0).tensor, "x");
  EXPECT_EQ(sent.padding.rules[0].outputs.at(0).dimension, 2u);
  EXPECT_EQ(sent.padding.rules[0].sizes, std::vector<int64_t>({8, 16}));
  EXPECT_EQ(sent.padding.rules[0].value, -1);
  EXPECT_EQ(sent.padding.needed, std::vector<std::string>({"mask"}));
  EXPECT_EQ(sent.slo, std::chrono::milliseconds(9));
  EXPECT_EQ(sent.weight, 9);
  EXPECT_EQ(sent.priority_levels, 5);
  EXPECT_EQ(sent.default_priority_level, 2);
  EXPECT_EQ(sent.precision.precision, Precision::kAutocastBf16);
  EXPECT_EQ(sent.precision.memory_format, MemoryFormat::kChannelsLast);
  ASSERT_TRUE(sent.precision.tolerance);
  EXPECT_EQ(sent.precision.tolerance->relative, 0.5);
  EXPECT_EQ(sent.precision.tolerance->absolute, 0.25);
  ASSERT_EQ(sent.inputs.size(), 2u);
  ExpectSame(sent.inputs[0], config.inputs[0]);
  ExpectSame(sent.inputs[1], config.inputs[1]);
  ASSERT_EQ(sent.outputs.size(), 1u);
  ExpectSame(sent.outputs[0], config.outputs[0]);
}

TEST(ProbeRequestTest, TheLoadersOptionsArrive) {
  TorchLoaderOptions loader;
  loader.optimize = TorchLoaderOptions::Optimize::kFreeze;
  loader.threads_per_lane = 3;
  loader.limit.time = std::chrono::seconds(7);
  loader.limit.memory = int64_t{1} << 40;
  loader.allowed_operators = {"aten::save", "__setstate__"};
  const TorchLoaderOptions sent = Sent({.loader = loader}).loader;
  EXPECT_EQ(sent.optimize, loader.optimize);
  EXPECT_EQ(sent.threads_per_lane, 3);
  EXPECT_EQ(sent.limit.time, std::chrono::seconds(7));
  EXPECT_EQ(sent.limit.memory, int64_t{1} << 40);
  EXPECT_EQ(sent.allowed_operators, loader.allowed_operators);
}

TEST(ProbeRequestTest, LimitsAndLogArrive) {
  const ProbeRequest sent = Sent({.limits = {uint64_t{1} << 60, 5},
                                  .log_format = LogFormat::kJson,
                                  .log_level = LogLevel::kError});
  EXPECT_EQ(sent.limits.data_bytes, uint64_t{1} << 60);
  EXPECT_EQ(sent.limits.cpu_seconds, 5u);
  EXPECT_EQ(sent.log_format, LogFormat::kJson);
  EXPECT_EQ(sent.log_level, LogLevel::kError);
}

TEST(ProbeRequestTest, OtherArgumentsAreRefused) {
  const std::vector<std::vector<std::string>> all = {
      {}, {"{}"}, {"{}", "model.pt"}, {"--help", "x"}, {"1", "2", "3"}};
  for (const auto& arguments : all) {
    const absl::Status status = ReadProbeRequest(arguments).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("which model"));
  }
}

}  // namespace
}  // namespace sconce

#include "server/rpc/infer_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "tests/support/recording_task.h"
#include "tests/support/wire_messages.h"

namespace sconce {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Decodes `message`; the parts stay alive as long as the object.
struct Decoded {
  explicit Decoded(const inference::ModelInferRequest& message) {
    EXPECT_TRUE(request.Parse(MakeBuffer(message)).ok());
    task.trace.received = MonoTime(std::chrono::seconds(100));
    status = DecodeInferRequest(request, &task, &packed);
  }

  WireRequest request;
  PackedContents packed;
  RecordingTask task;
  absl::Status status;
};

inference::ModelInferRequest OneRawInput() {
  inference::ModelInferRequest message;
  auto* input = message.add_inputs();
  input->set_name("x");
  input->set_datatype("FP32");
  input->add_shape(1);
  input->add_shape(2);
  message.add_raw_input_contents("12345678");
  return message;
}

void ExpectInvalid(const inference::ModelInferRequest& message,
                   const std::string& part) {
  const Decoded decoded(message);
  EXPECT_EQ(decoded.status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(decoded.status.message()), HasSubstr(part));
}

TEST(InferCodecTest, DecodesRawInput) {
  const Decoded decoded(OneRawInput());
  ASSERT_TRUE(decoded.status.ok()) << decoded.status;
  const InputTensor& input = decoded.task.inputs.at(0);
  EXPECT_EQ(input.name, "x");
  EXPECT_EQ(input.type, DataType::kFp32);
  EXPECT_EQ(input.shape, Shape({1, 2}));
  EXPECT_EQ(input.bytes.size(), 8u);
}

TEST(InferCodecTest, DecodesTypedInput) {
  inference::ModelInferRequest message = OneRawInput();
  message.clear_raw_input_contents();
  message.mutable_inputs(0)->mutable_contents()->add_fp32_contents(1.5f);
  message.mutable_inputs(0)->mutable_contents()->add_fp32_contents(-2.0f);
  const Decoded decoded(message);
  ASSERT_TRUE(decoded.status.ok()) << decoded.status;
  float values[2];
  ASSERT_EQ(decoded.task.inputs.at(0).bytes.size(), sizeof(values));
  decoded.task.inputs.at(0).bytes.CopyTo(values);
  EXPECT_EQ(values[0], 1.5f);
  EXPECT_EQ(values[1], -2.0f);
}

TEST(InferCodecTest, RefusesContentsBesideRaw) {
  inference::ModelInferRequest message = OneRawInput();
  message.mutable_inputs(0)->mutable_contents()->add_fp32_contents(1);
  ExpectInvalid(message,
                "contents field must not be specified when using "
                "raw_input_contents");
}

TEST(InferCodecTest, TakesEmptyContentsBesideRaw) {
  inference::ModelInferRequest message = OneRawInput();
  message.mutable_inputs(0)->mutable_contents();
  const Decoded decoded(message);
  ASSERT_TRUE(decoded.status.ok()) << decoded.status;
  EXPECT_EQ(decoded.task.inputs.at(0).bytes.size(), 8u);
}

TEST(InferCodecTest, RefusesAnotherNumberOfRawEntries) {
  inference::ModelInferRequest message = OneRawInput();
  message.add_raw_input_contents("");
  ExpectInvalid(message, "2 entries for 1 inputs");
}

TEST(InferCodecTest, RefusesUnknownDatatype) {
  inference::ModelInferRequest message = OneRawInput();
  message.mutable_inputs(0)->set_datatype("FLOAT");
  ExpectInvalid(message, "datatype 'FLOAT' is unknown");
}

TEST(InferCodecTest, RefusesTheSameOutputTwice) {
  inference::ModelInferRequest message = OneRawInput();
  message.add_outputs()->set_name("y");
  message.add_outputs()->set_name("y");
  ExpectInvalid(message, "output 'y' already exists in request");
}

TEST(InferCodecTest, RefusesMoreOutputsThanAnyModelHas) {
  inference::ModelInferRequest message = OneRawInput();
  for (int i = 0; i < 5000; ++i) {
    message.add_outputs()->set_name(std::to_string(i));
  }
  ExpectInvalid(message, "5000 outputs");
}

TEST(InferCodecTest, RefusesWhatItDoesNotServeByName) {
  inference::ModelInferRequest memory = OneRawInput();
  (*memory.mutable_inputs(0)->mutable_parameters())["shared_memory_region"]
      .set_string_param("r");
  inference::ModelInferRequest labels = OneRawInput();
  auto* output = labels.add_outputs();
  output->set_name("y");
  (*output->mutable_parameters())["classification"].set_int64_param(3);
  for (const auto& [message, name] : {std::pair(memory, "shared_memory_region"),
                                      {labels, "classification"}}) {
    const Decoded decoded(message);
    EXPECT_EQ(decoded.status.code(), absl::StatusCode::kUnimplemented);
    EXPECT_THAT(std::string(decoded.status.message()), HasSubstr(name));
  }
}

TEST(InferCodecTest, SaysThatSharedMemoryIsNotServedBeforeItCountsBytes) {
  inference::ModelInferRequest message = OneRawInput();
  *message.add_inputs() = message.inputs(0);
  (*message.mutable_inputs(1)->mutable_parameters())["shared_memory_region"]
      .set_string_param("r");
  const Decoded decoded(message);
  EXPECT_EQ(decoded.status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(decoded.status.message()),
              HasSubstr("shared_memory_region"));
}

TEST(InferCodecTest, TimeoutShortensTheDeadline) {
  inference::ModelInferRequest message = OneRawInput();
  (*message.mutable_parameters())["timeout"].set_int64_param(1500);
  const Decoded decoded(message);
  ASSERT_TRUE(decoded.status.ok());
  EXPECT_EQ(decoded.task.deadline,
            decoded.task.trace.received + std::chrono::microseconds(1500));
}

TEST(InferCodecTest, ZeroTimeoutMeansNone) {
  inference::ModelInferRequest message = OneRawInput();
  (*message.mutable_parameters())["timeout"].set_int64_param(0);
  EXPECT_EQ(Decoded(message).task.deadline, kNoDeadline);
}

TEST(InferCodecTest, RefusesNegativeTimeout) {
  inference::ModelInferRequest message = OneRawInput();
  (*message.mutable_parameters())["timeout"].set_int64_param(-1);
  ExpectInvalid(message, "'timeout' is -1");
}

TEST(InferCodecTest, PrioritiesAreIntegersOfEitherKind) {
  inference::ModelInferRequest message = OneRawInput();
  EXPECT_EQ(Decoded(message).task.priority, 0);
  (*message.mutable_parameters())["priority"].set_int64_param(3);
  EXPECT_EQ(Decoded(message).task.priority, 3);
  (*message.mutable_parameters())["priority"].set_uint64_param(~uint64_t{0});
  EXPECT_EQ(Decoded(message).task.priority,
            std::numeric_limits<int64_t>::max());
}

TEST(InferCodecTest, RefusesOtherPriorities) {
  inference::ModelInferRequest message = OneRawInput();
  (*message.mutable_parameters())["priority"].set_int64_param(-1);
  ExpectInvalid(message, "'priority' is -1");
  (*message.mutable_parameters())["priority"].set_string_param("1");
  ExpectInvalid(message, "'priority' is no integer");
}

TEST(InferCodecTest, RefusesParametersOfTheWrongType) {
  inference::ModelInferRequest message = OneRawInput();
  (*message.mutable_parameters())["timings"].set_string_param("true");
  ExpectInvalid(message, "'timings'");
  message = OneRawInput();
  (*message.mutable_parameters())["timeout"].set_string_param("5");
  ExpectInvalid(message, "'timeout'");
  message = OneRawInput();
  (*message.mutable_parameters())["triton_enable_empty_final_response"]
      .set_int64_param(1);
  ExpectInvalid(message, "'triton_enable_empty_final_response' is no bool");
  message = OneRawInput();
  (*message.mutable_parameters())["sconce.traffic_key"].set_bool_param(true);
  ExpectInvalid(message, "'sconce.traffic_key' is no string or int64");
}

TEST(InferCodecTest, RefusesReservedParametersButTheOneThatClientsSend) {
  inference::ModelInferRequest message = OneRawInput();
  (*message.mutable_parameters())["triton_enable_empty_final_response"]
      .set_bool_param(true);
  EXPECT_TRUE(Decoded(message).status.ok());
  (*message.mutable_parameters())["triton_foo"].set_bool_param(true);
  ExpectInvalid(message, "'triton_foo' is reserved");
  message = OneRawInput();
  (*message.mutable_parameters())["sequence_foo"].set_int64_param(1);
  ExpectInvalid(message, "'sequence_foo' is reserved");
}

TEST(InferCodecTest, OtherParametersMayBeArguments) {
  inference::ModelInferRequest message = OneRawInput();
  auto& parameters = *message.mutable_parameters();
  parameters["n"].set_int64_param(-2);
  parameters["text"].set_string_param("ab");
  parameters["timings"].set_bool_param(true);
  parameters["sconce.traffic_key"].set_string_param("user");
  parameters["sequence_id"].set_int64_param(3);
  parameters["unset"];
  const Decoded decoded(message);
  ASSERT_TRUE(decoded.status.ok()) << decoded.status;
  EXPECT_EQ(decoded.task.sequence->id, "3");
  ASSERT_EQ(decoded.task.parameters.size(), 2u);
  for (const InputTensor& parameter : decoded.task.parameters) {
    const bool is_text = parameter.name == "text";
    EXPECT_EQ(parameter.type, is_text ? DataType::kBytes : DataType::kInt64);
    EXPECT_EQ(parameter.bytes.size(), is_text ? 6u : 8u);
    EXPECT_EQ(parameter.shape, Shape({1}));
  }
}

TEST(InferCodecTest, TheParameterMethodNamesTheMethod) {
  inference::ModelInferRequest message = OneRawInput();
  (*message.mutable_parameters())["method"].set_string_param("embed");
  const Decoded decoded(message);
  ASSERT_TRUE(decoded.status.ok()) << decoded.status;
  EXPECT_EQ(decoded.task.method, "embed");
}

TEST(InferCodecTest, TwoMethodsMustAgree) {
  inference::ModelInferRequest message = OneRawInput();
  (*message.mutable_parameters())["method"].set_string_param("embed");
  WireRequest request;
  ASSERT_TRUE(request.Parse(MakeBuffer(message)).ok());
  PackedContents packed;
  RecordingTask task;
  task.method = "other";
  const absl::Status status = DecodeInferRequest(request, &task, &packed);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("':other'"));
}

TEST(InferCodecTest, TypedStringsBecomeTheirBinaryForm) {
  inference::ModelInferRequest message;
  auto* input = message.add_inputs();
  input->set_name("s");
  input->set_datatype("BYTES");
  input->add_shape(2);
  input->mutable_contents()->add_bytes_contents("a");
  input->mutable_contents()->add_bytes_contents("");
  const Decoded decoded(message);
  ASSERT_TRUE(decoded.status.ok()) << decoded.status;
  EXPECT_EQ(decoded.task.inputs.at(0).bytes.size(), 9u);
}

}  // namespace
}  // namespace sconce

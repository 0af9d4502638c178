#include "sconce/infer_result.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "client/cpp/src/infer_result_impl.h"
#include "inference/grpc_service.pb.h"
#include "tests/support/wire_messages.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

void AddOutput(inference::ModelInferResponse* response, const char* name,
               const char* type, int64_t elements, const std::string& bytes) {
  auto* output = response->add_outputs();
  output->set_name(name);
  output->set_datatype(type);
  output->add_shape(elements);
  response->add_raw_output_contents(bytes);
}

inference::ModelInferResponse TwoOutputs() {
  inference::ModelInferResponse response;
  response.set_model_name("net");
  response.set_model_version("3");
  response.set_id("id");
  AddOutput(&response, "a", "UINT8", 5, "torch");
  AddOutput(&response, "b", "UINT8", 6, "sconce");
  return response;
}

absl::StatusOr<InferResult> Read(const google::protobuf::MessageLite& message,
                                 size_t slice_size = SIZE_MAX) {
  return InferResult::Impl::Read(MakeBuffer(message, slice_size), false);
}

std::string TextOf(const InferResult& result, const char* name) {
  const auto view = result.Output(name);
  EXPECT_TRUE(view.ok()) << view.status();
  return {view->bytes().begin(), view->bytes().end()};
}

TEST(InferResultTest, HasWhatTheServerSent) {
  const auto result = Read(TwoOutputs());
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->model_name(), "net");
  EXPECT_EQ(result->model_version(), "3");
  EXPECT_EQ(result->id(), "id");
  EXPECT_THAT(result->output_names(), ElementsAre("a", "b"));
  EXPECT_EQ(TextOf(*result, "a"), "torch");
  EXPECT_EQ(TextOf(*result, "b"), "sconce");
}

TEST(InferResultTest, IsTheSameHoweverTheNetworkCutsIt) {
  for (size_t size = 1; size < 40; ++size) {
    const auto result = Read(TwoOutputs(), size);
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(TextOf(*result, "a"), "torch");
    EXPECT_EQ(TextOf(*result, "b"), "sconce");
    std::string copied(6, '\0');
    ASSERT_TRUE(result
                    ->CopyOutput("b", {reinterpret_cast<uint8_t*>(&copied[0]),
                                       copied.size()})
                    .ok());
    EXPECT_EQ(copied, "sconce");
  }
}

TEST(InferResultTest, OutputsLieWhereTheNetworkPutThem) {
  inference::ModelInferResponse response;
  AddOutput(&response, "a", "UINT8", 1000, std::string(1000, 'x'));
  const grpc::ByteBuffer message = MakeBuffer(response);
  std::vector<grpc::Slice> slices;
  ASSERT_TRUE(message.Dump(&slices).ok());
  const auto result = InferResult::Impl::Read(message, false);
  const uint8_t* const end = slices[0].end();
  EXPECT_EQ(result->Output("a")->bytes().data(), end - 1000);
  EXPECT_EQ(result->OutputPieces("a")->at(0).data(), end - 1000);
}

TEST(InferResultTest, PiecesAreNotJoinedUnlessAskedFor) {
  inference::ModelInferResponse response;
  AddOutput(&response, "a", "UINT8", 1000, std::string(1000, 'x'));
  const auto result = Read(response, 100);
  const auto pieces = result->OutputPieces("a");
  EXPECT_GT(pieces->size(), 5);
  size_t size = 0;
  for (const auto& piece : *pieces) size += piece.size();
  EXPECT_EQ(size, 1000);
}

TEST(InferResultTest, JoinsAnOutputOnce) {
  const auto result = Read(TwoOutputs(), 3);
  EXPECT_EQ(result->Output("b")->bytes().data(),
            result->Output("b")->bytes().data());
}

TEST(InferResultTest, ValuesAreAlignedWhereverTheyLay) {
  for (size_t padding = 0; padding < 8; ++padding) {
    inference::ModelInferResponse response;
    response.set_id(std::string(padding, '.'));
    const double value = 0.25;
    AddOutput(&response, "a", "FP64", 1,
              {reinterpret_cast<const char*>(&value), sizeof value});
    const auto result = Read(response);
    const auto values = result->Output("a")->Values<double>();
    ASSERT_TRUE(values.ok()) << values.status();
    EXPECT_THAT(*values, ElementsAre(0.25));
  }
}

TEST(InferResultTest, OutlivesTheMessage) {
  absl::StatusOr<InferResult> result;
  {
    grpc::ByteBuffer message = MakeBuffer(TwoOutputs());
    result = InferResult::Impl::Read(message, false);
    message.Clear();
  }
  const InferResult moved = *std::move(result);
  EXPECT_EQ(TextOf(moved, "b"), "sconce");
}

TEST(InferResultTest, ReadsNumbersThatCameAsProtobuf) {
  inference::ModelInferResponse response;
  auto* output = response.add_outputs();
  output->set_name("a");
  output->set_datatype("INT16");
  output->add_shape(2);
  output->mutable_contents()->add_int_contents(-1);
  output->mutable_contents()->add_int_contents(300);
  auto* texts = response.add_outputs();
  texts->set_name("b");
  texts->set_datatype("BYTES");
  texts->add_shape(1);
  texts->mutable_contents()->add_bytes_contents("torch");
  const auto result = Read(response);
  EXPECT_THAT(*result->Output("a")->Values<int16_t>(), ElementsAre(-1, 300));
  EXPECT_THAT(*result->Output("b")->Strings(), ElementsAre("torch"));
}

TEST(InferResultTest, ReadsEmptyTensors) {
  inference::ModelInferResponse response;
  AddOutput(&response, "a", "FP32", 0, "");
  const auto result = Read(response);
  EXPECT_TRUE(result->Output("a")->Values<float>()->empty());
}

TEST(InferResultTest, HasParameters) {
  inference::ModelInferResponse response;
  auto& parameters = *response.mutable_parameters();
  parameters["queue_ns"].set_int64_param(5);
  parameters["final"].set_bool_param(true);
  const auto result = Read(response);
  EXPECT_EQ(result->Parameter("queue_ns"), ParameterValue(int64_t{5}));
  EXPECT_EQ(result->Parameter("final"), ParameterValue(true));
  EXPECT_EQ(result->Parameter("none"), std::nullopt);
}

TEST(InferResultTest, NamesTheOutputsThatThereAre) {
  const auto missing = Read(TwoOutputs())->Output("c");
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(missing.status().message(),
              HasSubstr("without an output \"c\"; it has: a, b"));
}

TEST(InferResultTest, FindsOutputsWithoutBytes) {
  auto response = TwoOutputs();
  response.mutable_raw_output_contents()->RemoveLast();
  EXPECT_THAT(Read(response).status().message(),
              HasSubstr("describes 2 outputs and has 1"));
}

TEST(InferResultTest, FindsOutputsOfTheWrongSize) {
  auto response = TwoOutputs();
  response.mutable_raw_output_contents(0)->pop_back();
  const auto wrong = Read(response)->Output("a");
  EXPECT_EQ(wrong.status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(wrong.status().message(), HasSubstr("has 4 bytes, expected 5"));
}

TEST(InferResultTest, RefusesWhatIsNoAnswer) {
  std::string bytes = TwoOutputs().SerializeAsString();
  for (size_t size = 1; size < bytes.size(); ++size) {
    const auto result =
        InferResult::Impl::Read(MakeBuffer(bytes.substr(0, size)), false);
    if (result.ok()) {
      for (const auto& name : result->output_names()) {
        result->Output(name).status().IgnoreError();
      }
    }
  }
  const auto result = InferResult::Impl::Read(MakeBuffer("<html>"), false);
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInternal);
}

TEST(InferResultTest, ReadsStreamedAnswersAndErrors) {
  inference::ModelStreamInferResponse answer;
  *answer.mutable_infer_response() = TwoOutputs();
  for (size_t size = 1; size < 40; ++size) {
    const auto result = InferResult::Impl::Read(MakeBuffer(answer, size), true);
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(TextOf(*result, "b"), "sconce");
  }
  answer.set_error_message("no");
  const auto error = InferResult::Impl::Read(MakeBuffer(answer), true);
  EXPECT_EQ(error.status(), absl::UnknownError("no"));
}

}  // namespace
}  // namespace sconce

#include "server/rpc/infer_response.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/wire_messages.h"

namespace sconce {
namespace {

OutputTensor MakeOutput(const std::string& name,
                        std::shared_ptr<std::vector<uint8_t>> bytes) {
  OutputTensor output;
  output.name = name;
  output.type = DataType::kUint8;
  output.shape = {1, static_cast<int64_t>(bytes->size())};
  output.bytes = absl::MakeConstSpan(*bytes);
  output.owner = bytes;
  return output;
}

std::shared_ptr<std::vector<uint8_t>> Bytes(size_t size, uint8_t value) {
  return std::make_shared<std::vector<uint8_t>>(size, value);
}

TEST(InferResponseTest, IsTheMessageThatProtobufWouldWrite) {
  inference::ModelInferResponse head;
  head.set_model_name("m");
  head.set_id("id");
  const std::vector<OutputTensor> outputs = {
      MakeOutput("small", Bytes(3, 1)), MakeOutput("empty", Bytes(0, 0)),
      MakeOutput("large", Bytes(100000, 2))};
  const grpc::ByteBuffer buffer = *EncodeInferResponse(&head, outputs);

  inference::ModelInferResponse parsed;
  ASSERT_TRUE(parsed.ParseFromString(BytesOf(buffer)));
  EXPECT_EQ(parsed.model_name(), "m");
  ASSERT_EQ(parsed.outputs_size(), 3);
  ASSERT_EQ(parsed.raw_output_contents_size(), 3);
  EXPECT_EQ(parsed.outputs(2).name(), "large");
  EXPECT_EQ(parsed.outputs(2).datatype(), "UINT8");
  EXPECT_EQ(parsed.outputs(2).shape(1), 100000);
  EXPECT_EQ(parsed.raw_output_contents(0), std::string(3, '\1'));
  EXPECT_EQ(parsed.raw_output_contents(1), "");
  EXPECT_EQ(parsed.raw_output_contents(2), std::string(100000, '\2'));
}

TEST(InferResponseTest, LargeOutputsAreNotCopiedAndLiveWithTheBuffer) {
  auto bytes = Bytes(1 << 20, 9);
  const std::weak_ptr<std::vector<uint8_t>> alive = bytes;
  const uint8_t* const address = bytes->data();
  inference::ModelInferResponse head;
  {
    const grpc::ByteBuffer buffer =
        *EncodeInferResponse(&head, {MakeOutput("y", std::move(bytes))});
    EXPECT_FALSE(alive.expired());
    std::vector<grpc::Slice> slices;
    ASSERT_TRUE(buffer.Dump(&slices).ok());
    EXPECT_EQ(slices.back().begin(), address);
  }
  EXPECT_TRUE(alive.expired());
}

TEST(InferResponseTest, RefusesMoreThanAMessageHolds) {
  inference::ModelInferResponse head;
  OutputTensor huge = MakeOutput("y", Bytes(1, 1));
  // Only the size is looked at.
  huge.bytes = absl::MakeConstSpan(huge.bytes.data(), size_t{3} << 30);
  EXPECT_EQ(EncodeInferResponse(&head, {huge}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(InferResponseTest, TimingsAreDifferencesOfTheTrace) {
  RequestTrace trace;
  const MonoTime t0(std::chrono::seconds(1));
  trace.enqueued = t0;
  trace.batch_start = t0 + std::chrono::nanoseconds(10);
  trace.forward_start = t0 + std::chrono::nanoseconds(30);
  trace.forward_end = t0 + std::chrono::nanoseconds(60);
  trace.batch_rows = 5;
  inference::ModelInferResponse response;
  AddTimings(trace, &response);
  const auto& parameters = response.parameters();
  EXPECT_EQ(parameters.at("queue_ns").int64_param(), 10);
  EXPECT_EQ(parameters.at("compute_input_ns").int64_param(), 20);
  EXPECT_EQ(parameters.at("compute_infer_ns").int64_param(), 30);
  EXPECT_EQ(parameters.at("batch_size").int64_param(), 5);
}

}  // namespace
}  // namespace sconce

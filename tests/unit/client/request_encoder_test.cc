#include "client/cpp/src/request_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "inference/grpc_service.pb.h"
#include "tests/support/wire_messages.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

inference::ModelInferRequest Decode(const grpc::ByteBuffer& message) {
  inference::ModelInferRequest request;
  EXPECT_TRUE(request.ParseFromString(BytesOf(message)));
  return request;
}

// Whether a slice of the message begins where `bytes` lie.
bool RefersTo(const grpc::ByteBuffer& message, const void* bytes) {
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(message.Dump(&slices).ok());
  for (const grpc::Slice& slice : slices) {
    if (slice.begin() == bytes) return true;
  }
  return false;
}

class RequestEncoderTest : public testing::Test {
 protected:
  const std::shared_ptr<BorrowedBytes> borrowed_ =
      std::make_shared<BorrowedBytes>();
};

TEST_F(RequestEncoderTest, WritesAllFields) {
  const std::vector<float> x = {1, 2};
  InferRequest request("net", "stable");
  request.AddInput("x", TensorView::Of(x, {1, 2}))
      .AddStrings("names", {"a", "bc"}, {2})
      .AddOutput("y")
      .SetId("7")
      .SetPriority(2)
      .SetParameter("timings", true)
      .SetParameter("scale", 0.5)
      .SetParameter("mode", "fast");
  const auto sent = Decode(*EncodeRequest(request, borrowed_.get()));
  EXPECT_EQ(sent.model_name(), "net");
  EXPECT_EQ(sent.model_version(), "stable");
  EXPECT_EQ(sent.id(), "7");
  EXPECT_EQ(sent.inputs(0).name(), "x");
  EXPECT_EQ(sent.inputs(0).datatype(), "FP32");
  EXPECT_THAT(sent.inputs(0).shape(), ElementsAre(1, 2));
  EXPECT_EQ(sent.inputs(1).datatype(), "BYTES");
  EXPECT_EQ(sent.raw_input_contents(0).size(), 8);
  EXPECT_EQ(sent.raw_input_contents(1), EncodeStrings({"a", "bc"}));
  EXPECT_EQ(sent.outputs(0).name(), "y");
  EXPECT_EQ(sent.parameters().at("priority").uint64_param(), 2);
  EXPECT_TRUE(sent.parameters().at("timings").bool_param());
  EXPECT_EQ(sent.parameters().at("scale").double_param(), 0.5);
  EXPECT_EQ(sent.parameters().at("mode").string_param(), "fast");
}

TEST_F(RequestEncoderTest, MarksStepsOfASequence) {
  InferRequest request("net");
  EXPECT_FALSE(request.in_sequence());
  request.SetSequence(9, /*start=*/true, /*end=*/false);
  EXPECT_TRUE(request.in_sequence());
  const auto sent = Decode(*EncodeRequest(request, borrowed_.get()));
  EXPECT_EQ(sent.parameters().at("sequence_id").uint64_param(), 9);
  EXPECT_TRUE(sent.parameters().at("sequence_start").bool_param());
  EXPECT_FALSE(sent.parameters().at("sequence_end").bool_param());
}

TEST_F(RequestEncoderTest, DoesNotCopyLargeInputs) {
  const std::vector<float> large(100'000, 1.5F);
  const std::vector<float> small(10, 2.5F);
  InferRequest request("net");
  request.AddInput("a", TensorView::Of(large, {100'000}))
      .AddInput("b", TensorView::Of(small, {10}))
      .AddInput("c", TensorView::Of(large, {100'000}));
  const auto message = EncodeRequest(request, borrowed_.get());
  EXPECT_TRUE(RefersTo(*message, large.data()));
  EXPECT_FALSE(RefersTo(*message, small.data()));
  const auto sent = Decode(*message);
  EXPECT_EQ(sent.raw_input_contents(0).size(), 400'000);
  EXPECT_EQ(sent.raw_input_contents(1).size(), 40);
  EXPECT_EQ(sent.raw_input_contents(2), sent.raw_input_contents(0));
}

TEST_F(RequestEncoderTest, TellsWhenBorrowedBytesAreFree) {
  const std::vector<float> large(10'000);
  InferRequest request("net");
  request.AddInput("x", TensorView::Of(large, {10'000}));
  auto message = EncodeRequest(request, borrowed_.get());
  bool free = false;
  EXPECT_FALSE(borrowed_->WhenFree([&] { free = true; }));
  EXPECT_FALSE(free);
  message->Clear();
  EXPECT_TRUE(free);
}

TEST_F(RequestEncoderTest, BytesThatWereNeverLentAreFreeAtOnce) {
  EXPECT_TRUE(borrowed_->WhenFree([] { ADD_FAILURE(); }));
}

TEST_F(RequestEncoderTest, KeepsTheOwnerOfItsBytes) {
  auto owned = std::make_shared<std::vector<float>>(10'000);
  const std::weak_ptr<std::vector<float>> watched = owned;
  absl::StatusOr<grpc::ByteBuffer> message;
  {
    InferRequest request("net");
    const TensorView view = TensorView::Of(*owned, {10'000});
    request.AddInput("x", view, std::move(owned));
    message = EncodeRequest(request, borrowed_.get());
  }
  EXPECT_FALSE(watched.expired());
  EXPECT_TRUE(borrowed_->WhenFree([] {}));
  message->Clear();
  EXPECT_TRUE(watched.expired());
}

TEST_F(RequestEncoderTest, NamesTheInputThatDoesNotFitItsShape) {
  const std::vector<float> x(3);
  InferRequest request("net");
  request.AddInput("x", TensorView::Of(x, {2}));
  const auto message = EncodeRequest(request, borrowed_.get());
  EXPECT_EQ(message.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(message.status().message(),
              HasSubstr("model \"net\", input \"x\": FP32[2] has 12 bytes, "
                        "expected 8"));
}

TEST_F(RequestEncoderTest, WantsAModel) {
  const auto message = EncodeRequest(InferRequest(""), borrowed_.get());
  EXPECT_THAT(message.status().message(), HasSubstr("names no model"));
}

}  // namespace
}  // namespace sconce

#include "server/rpc/infer_wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>

#include "tests/support/wire_messages.h"

namespace sconce {
namespace {

std::string BytesOfChunks(const ByteChunks& chunks) {
  std::string bytes(chunks.size(), '\0');
  chunks.CopyTo(bytes.data());
  return bytes;
}

inference::ModelInferRequest MakeRequest() {
  inference::ModelInferRequest request;
  request.set_model_name("m");
  request.set_id("7");
  request.add_inputs()->set_name("x");
  request.add_inputs()->set_name("y");
  request.add_raw_input_contents(std::string(300, 'a'));
  request.add_raw_input_contents("b");
  return request;
}

TEST(WireRequestTest, SplitsHeaderAndRawInputsWhateverTheSlices) {
  const inference::ModelInferRequest sent = MakeRequest();
  inference::ModelInferRequest header = sent;
  header.clear_raw_input_contents();
  for (size_t slice_size : {1, 2, 3, 7, 64, 1000}) {
    WireRequest request;
    ASSERT_TRUE(request.Parse(MakeBuffer(sent, slice_size)).ok());
    EXPECT_EQ(request.header().SerializeAsString(), header.SerializeAsString());
    ASSERT_EQ(request.raw_inputs().size(), 2u);
    EXPECT_EQ(BytesOfChunks(request.raw_inputs()[0]), std::string(300, 'a'));
    EXPECT_EQ(BytesOfChunks(request.raw_inputs()[1]), "b");
  }
}

TEST(WireRequestTest, KeepsFieldsThatFollowOrSeparateRawInputs) {
  inference::ModelInferRequest first;
  first.add_raw_input_contents("one");
  inference::ModelInferRequest second;
  second.set_model_name("late");
  second.add_raw_input_contents("two");
  WireRequest request;
  // Concatenated messages merge, so this is one request in an unusual order.
  ASSERT_TRUE(request
                  .Parse(MakeBuffer(first.SerializeAsString() +
                                    second.SerializeAsString()))
                  .ok());
  EXPECT_EQ(request.header().model_name(), "late");
  ASSERT_EQ(request.raw_inputs().size(), 2u);
  EXPECT_EQ(BytesOfChunks(request.raw_inputs()[1]), "two");
}

TEST(WireRequestTest, KeepsEmptyRawInputs) {
  inference::ModelInferRequest sent;
  sent.add_raw_input_contents("");
  WireRequest request;
  ASSERT_TRUE(request.Parse(MakeBuffer(sent)).ok());
  ASSERT_EQ(request.raw_inputs().size(), 1u);
  EXPECT_EQ(request.raw_inputs()[0].size(), 0u);
}

TEST(WireRequestTest, DoesNotCopyRawInputs) {
  const grpc::ByteBuffer buffer = MakeBuffer(MakeRequest());
  std::vector<grpc::Slice> slices;
  ASSERT_TRUE(buffer.Dump(&slices).ok());
  WireRequest request;
  ASSERT_TRUE(request.Parse(buffer).ok());
  const auto chunk = request.raw_inputs()[0].chunks()[0];
  EXPECT_GE(chunk.data(), slices[0].begin());
  EXPECT_LT(chunk.data(), slices[0].end());
}

TEST(WireRequestTest, AcceptsTheEmptyMessage) {
  WireRequest request;
  EXPECT_TRUE(request.Parse(MakeBuffer(std::string())).ok());
}

TEST(WireRequestTest, RefusesEveryTruncation) {
  const std::string whole = MakeRequest().SerializeAsString();
  int refused = 0;
  for (size_t size = 1; size < whole.size(); ++size) {
    WireRequest request;
    const absl::Status status =
        request.Parse(MakeBuffer(whole.substr(0, size), 5));
    if (status.ok()) continue;  // cut between two fields: a valid message
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    ++refused;
  }
  EXPECT_GT(refused, 300);
}

// A length of 4 GiB - 1 must not be believed, nor overflow a position.
TEST(WireRequestTest, RefusesLengthsBeyondTheMessage) {
  for (const std::string length :
       {"\xff\xff\xff\xff\x0f", "\xff\xff\xff\xff\x07", "\x64"}) {
    WireRequest request;
    EXPECT_EQ(request.Parse(MakeBuffer("\x3a" + length + "abc")).code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST(WireRequestTest, SurvivesRandomBytesAndMutations) {
  std::mt19937 random(20261121);
  const std::string whole = MakeRequest().SerializeAsString();
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = whole;
    for (int j = 0; j < 3; ++j) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    WireRequest request;
    const absl::Status status = request.Parse(MakeBuffer(bytes, 11));
    inference::ModelInferRequest reference;
    // Whatever protobuf accepts is accepted, and nothing else.
    EXPECT_EQ(status.ok(), reference.ParseFromString(bytes)) << i;
  }
}

TEST(WireRequestTest, ALargeInputInOnePieceHasAnOwner) {
  inference::ModelInferRequest sent;
  sent.add_raw_input_contents(std::string(8192, 'a'));
  sent.add_raw_input_contents("small");
  std::shared_ptr<const void> owner;
  absl::Span<const uint8_t> bytes;
  {
    WireRequest request;
    ASSERT_TRUE(request.Parse(MakeBuffer(sent)).ok());
    owner = request.OwnerOf(0);
    bytes = request.raw_inputs()[0].chunks()[0];
    EXPECT_EQ(request.OwnerOf(1), nullptr);
  }
  ASSERT_NE(owner, nullptr);
  EXPECT_EQ(std::string(bytes.begin(), bytes.end()), std::string(8192, 'a'));
}

TEST(WireRequestTest, AnInputInSeveralPiecesHasNone) {
  inference::ModelInferRequest sent;
  sent.add_raw_input_contents(std::string(8192, 'a'));
  WireRequest request;
  ASSERT_TRUE(request.Parse(MakeBuffer(sent, 5000)).ok());
  EXPECT_EQ(request.OwnerOf(0), nullptr);
}

}  // namespace
}  // namespace sconce

#include "server/rpc/stream_response.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/wire_messages.h"

namespace sconce {
namespace {

inference::ModelStreamInferResponse Parsed(const grpc::ByteBuffer& message) {
  inference::ModelStreamInferResponse parsed;
  EXPECT_TRUE(parsed.ParseFromString(BytesOf(message)));
  return parsed;
}

TEST(StreamResponseTest, WrapsAResponseOfAnyLength) {
  for (const size_t size : {0, 1, 100, 200, 20000, 3 << 20}) {
    inference::ModelInferResponse response;
    response.add_raw_output_contents(std::string(size, 'x'));
    const auto parsed = Parsed(WrapResponse(MakeBuffer(response, 4096)));
    EXPECT_EQ(parsed.error_message(), "");
    EXPECT_EQ(parsed.infer_response().SerializeAsString(),
              response.SerializeAsString());
  }
}

TEST(StreamResponseTest, WrappingDoesNotCopyTheBytes) {
  const grpc::ByteBuffer response = MakeBuffer(std::string(10000, 'x'));
  std::vector<grpc::Slice> inner;
  std::vector<grpc::Slice> outer;
  ASSERT_TRUE(response.Dump(&inner).ok());
  ASSERT_TRUE(WrapResponse(response).Dump(&outer).ok());
  ASSERT_EQ(outer.size(), 2u);
  EXPECT_EQ(outer[1].begin(), inner[0].begin());
}

TEST(StreamResponseTest, AnErrorNamesTheRequest) {
  inference::ModelInferRequest request;
  request.set_id("17");
  request.set_model_name("m");
  request.set_model_version("1");
  const auto parsed =
      Parsed(EncodeStreamError(absl::NotFoundError("no such thing"), request));
  EXPECT_EQ(parsed.error_message(), "no such thing");
  inference::ModelInferResponse expected;
  expected.set_id("17");
  expected.set_model_name("m");
  EXPECT_EQ(parsed.infer_response().SerializeAsString(),
            expected.SerializeAsString());
}

TEST(StreamResponseTest, AnErrorWithoutTextIsStillAnError) {
  EXPECT_EQ(
      Parsed(EncodeStreamError(absl::CancelledError(), {})).error_message(),
      "CANCELLED");
}

}  // namespace
}  // namespace sconce

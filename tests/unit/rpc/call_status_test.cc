#include "server/rpc/call_status.h"

#include <gtest/gtest.h>

#include <string>

namespace sconce {
namespace {

TEST(ToGrpcStatusTest, KeepsCodeAndMessage) {
  const grpc::Status status = ToGrpcStatus(absl::NotFoundError("no model"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "no model");
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
}

TEST(ToGrpcStatusTest, CutsLongMessagesBetweenCharacters) {
  std::string text;
  while (text.size() < 4000) text += "é";  // two bytes each
  for (const std::string& shift : {std::string(), std::string("x")}) {
    const std::string cut =
        ToGrpcStatus(absl::InternalError(shift + text)).error_message();
    EXPECT_LE(cut.size(), 1024u);
    EXPECT_GT(cut.size(), 1000u);
    const size_t body = cut.find(" […]");
    ASSERT_NE(body, std::string::npos);
    EXPECT_EQ((body - shift.size()) % 2, 0u) << "cut inside a character";
  }
}

}  // namespace
}  // namespace sconce

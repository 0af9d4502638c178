#include "client/loadtest/measure/code_name.h"

#include "gtest/gtest.h"

namespace sconce::load {
namespace {

TEST(CodeNameTest, AreThoseOfGrpc) {
  EXPECT_EQ(CodeName(grpc::StatusCode::OK), "OK");
  EXPECT_EQ(CodeName(grpc::StatusCode::DEADLINE_EXCEEDED), "DEADLINE_EXCEEDED");
  EXPECT_EQ(CodeName(grpc::StatusCode::UNAVAILABLE), "UNAVAILABLE");
  EXPECT_EQ(CodeName(grpc::StatusCode::UNAUTHENTICATED), "UNAUTHENTICATED");
}

TEST(CodeNameTest, ANumberThatGrpcDoesNotKnowIsUnknown) {
  EXPECT_EQ(CodeName(static_cast<grpc::StatusCode>(99)), "UNKNOWN");
  EXPECT_EQ(CodeName(grpc::StatusCode::DO_NOT_USE), "UNKNOWN");
}

TEST(CodeNameTest, ARejectionIsAServerThatWouldNot) {
  EXPECT_TRUE(IsRejection(grpc::StatusCode::RESOURCE_EXHAUSTED));
  EXPECT_TRUE(IsRejection(grpc::StatusCode::UNAVAILABLE));
  EXPECT_FALSE(IsRejection(grpc::StatusCode::OK));
  EXPECT_FALSE(IsRejection(grpc::StatusCode::DEADLINE_EXCEEDED));
}

}  // namespace
}  // namespace sconce::load

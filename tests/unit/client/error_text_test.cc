#include "client/cpp/src/error_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sconce {
namespace {

using ::testing::HasSubstr;

std::string TextOf(absl::StatusCode code, absl::string_view message) {
  return std::string(
      Explain(absl::Status(code, message), {"host:8001", "net"}).message());
}

TEST(ErrorTextTest, NamesAddressModelCauseAndNextStep) {
  EXPECT_EQ(TextOf(absl::StatusCode::kUnavailable,
                   "failed to connect to all addresses"),
            "host:8001, model \"net\": failed to connect to all addresses; "
            "check that the server runs there, that the port is the gRPC one, "
            "and whether it wants TLS");
}

TEST(ErrorTextTest, CountsAttempts) {
  const absl::Status status =
      Explain(absl::UnavailableError("no"), {"host:8001", "", 3});
  EXPECT_EQ(status.message(), "host:8001, 3 attempts: no; try again later");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
}

TEST(ErrorTextTest, KnowsTheUsualMistakes) {
  EXPECT_THAT(TextOf(absl::StatusCode::kUnavailable,
                     "Trying to connect an http1.x server"),
              HasSubstr("give the gRPC port"));
  EXPECT_THAT(TextOf(absl::StatusCode::kUnavailable, "Ssl handshake failed"),
              HasSubstr("ClientOptions::tls"));
  EXPECT_THAT(
      TextOf(absl::StatusCode::kUnavailable, "DNS resolution failed for x"),
      HasSubstr("check the host's name"));
  EXPECT_THAT(TextOf(absl::StatusCode::kUnimplemented, ""),
              HasSubstr("inference port"));
  EXPECT_THAT(TextOf(absl::StatusCode::kUnauthenticated, ""),
              HasSubstr("ClientOptions::token"));
}

}  // namespace
}  // namespace sconce

#include "client/loadtest/measure/error_origin.h"

#include <algorithm>
#include <array>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace sconce::load {
namespace {

// Parts of the texts of gRPC 1.51 (Debian 12) and later ones.
constexpr std::array<absl::string_view, 15> kOfConnections = {
    "failed to connect",
    "Failed to connect",
    "Socket closed",
    "Connection reset",
    "Connection refused",
    "Broken pipe",
    "GOAWAY",
    "Endpoint read failed",
    "Stream removed",
    "keepalive",
    "transport closed",
    "Transport closed",
    "DNS resolution",
    "connection attempt timed out",
    "all SubConns are in TransientFailure"};

}  // namespace

bool MadeByClient(grpc::StatusCode code, const std::string& error) {
  switch (code) {
    case grpc::StatusCode::CANCELLED:
      return true;  // only the load test cancels
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return absl::EqualsIgnoreCase(error, "deadline exceeded");
    case grpc::StatusCode::UNAVAILABLE:
      return std::any_of(kOfConnections.begin(), kOfConnections.end(),
                         [&error](absl::string_view part) {
                           return absl::StrContains(error, part);
                         });
    default:
      return false;
  }
}

}  // namespace sconce::load

#include "client/cpp/src/error_text.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sconce {
inline namespace client {
namespace {

absl::string_view UnavailableStep(absl::string_view message) {
  const std::string text = absl::AsciiStrToLower(message);
  if (absl::StrContains(text, "http1")) {
    return "that port speaks HTTP/1; give the gRPC port (8001 by default)";
  }
  if (absl::StrContains(text, "handshake") ||
      absl::StrContains(text, "certificate")) {
    return "check that the server speaks TLS and that ClientOptions::tls fits "
           "its certificate";
  }
  if (absl::StrContains(text, "resolution")) {
    return "check the host's name";
  }
  if (absl::StrContains(text, "connect") || absl::StrContains(text, "socket") ||
      absl::StrContains(text, "no address")) {
    return "check that the server runs there, that the port is the gRPC one, "
           "and whether it wants TLS";
  }
  return "try again later";
}

absl::string_view NextStep(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return UnavailableStep(status.message());
    case absl::StatusCode::kDeadlineExceeded:
      return "give CallOptions::timeout more time, or send less";
    case absl::StatusCode::kNotFound:
      return "see what the server has: page /models of its HTTP port";
    case absl::StatusCode::kInvalidArgument:
      return "Client::GetModelMetadata() tells what the model takes";
    case absl::StatusCode::kResourceExhausted:
      return "send fewer or smaller requests, or try again later";
    case absl::StatusCode::kUnimplemented:
      return "check that this is the inference port (8001 by default)";
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return "check ClientOptions::token and ClientOptions::tls";
    case absl::StatusCode::kInternal:
      return "the server's log has the details";
    default:
      return "";
  }
}

std::string Where(const CallSubject& subject) {
  std::string where = subject.address;
  if (!subject.model.empty()) {
    absl::StrAppend(&where, ", model \"", subject.model, "\"");
  }
  if (subject.attempts > 1) {
    absl::StrAppend(&where, ", ", subject.attempts, " attempts");
  }
  return where;
}

}  // namespace

absl::Status Explain(const absl::Status& status, const CallSubject& subject) {
  std::string text = absl::StrCat(Where(subject), ": ", status.message());
  const absl::string_view step = NextStep(status);
  if (!step.empty()) absl::StrAppend(&text, "; ", step);
  return absl::Status(status.code(), text);
}

}  // namespace client
}  // namespace sconce

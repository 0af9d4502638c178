#include "server/rpc/call_status.h"

#include <string>

#include "absl/strings/str_cat.h"

#include "server/core/retry_after.h"

namespace sconce {
namespace {

constexpr size_t kMaxMessage = 1024;

// The longest start of `text` of at most kMaxMessage bytes that does not end
// inside a UTF-8 sequence.
std::string Cut(absl::string_view text) {
  if (text.size() <= kMaxMessage) return std::string(text);
  constexpr absl::string_view kMore = " […]";
  size_t end = kMaxMessage - kMore.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  return std::string(text.substr(0, end)) + std::string(kMore);
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()),
                      Cut(status.message()));
}

void AddRetryPushback(const absl::Status& status, grpc::ServerContext* call) {
  const auto wait = RetryAfter(status);
  if (!wait) return;
  call->AddTrailingMetadata("grpc-retry-pushback-ms",
                            absl::StrCat(wait->count()));
}

}  // namespace sconce

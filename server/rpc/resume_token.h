// ResumeToken: where a client of WatchModels goes on.
#ifndef SERVER_RPC_RESUME_TOKEN_H_
#define SERVER_RPC_RESUME_TOKEN_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sconce {

// Positions begin anew with each start of the server, so a token tells both.
// `start` is any number that differs between two starts.
std::string MakeResumeToken(uint64_t start, uint64_t position);

// The position; nothing for "" and for a token of another start.
// INVALID_ARGUMENT for text that is no token.
absl::StatusOr<std::optional<uint64_t>> ParseResumeToken(
    absl::string_view token, uint64_t start);

}  // namespace sconce

#endif  // SERVER_RPC_RESUME_TOKEN_H_

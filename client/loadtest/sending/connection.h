// Connect: the way to the server, proved before the load begins.
#ifndef CLIENT_LOADTEST_SENDING_CONNECTION_H_
#define CLIENT_LOADTEST_SENDING_CONNECTION_H_

#include <grpcpp/channel.h>

#include <memory>

#include "absl/status/statusor.h"

#include "client/cpp/src/channel_pool.h"
#include "sconce/client_options.h"

namespace sconce::load {

// Opens every connection and waits until each has got an answer, of whatever
// kind: a load does not pay for the hand-shakes. INVALID_ARGUMENT for options
// that cannot be right; UNAVAILABLE in one line, with the next step, when the
// server cannot be reached, speaks another protocol, or wants TLS.
absl::StatusOr<std::unique_ptr<ChannelPool>> Connect(
    const ClientOptions& options);

// A channel for the questions before the load, which adds the token to each.
// Does not connect. REQUIRES: Connect() took the same options.
std::shared_ptr<grpc::Channel> QuestionChannel(const ClientOptions& options);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_SENDING_CONNECTION_H_

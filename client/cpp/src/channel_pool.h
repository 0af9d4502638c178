// ChannelPool: a client's connections.
#ifndef CLIENT_CPP_SRC_CHANNEL_POOL_H_
#define CLIENT_CPP_SRC_CHANNEL_POOL_H_

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/client_interceptor.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/status.h"

#include "sconce/client_options.h"

namespace sconce {
inline namespace client {

using Interceptors = std::vector<
    std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>>;

// One channel as the options want it, not connected yet; `policy` is gRPC's
// name of how the addresses of its name share the calls. The token is the
// caller's matter.
std::shared_ptr<grpc::Channel> MakeChannel(const ClientOptions& options,
                                           const char* policy,
                                           Interceptors interceptors = {});

// Channels that take turns. Each has connections of its own to all addresses of
// its name, which take turns too (gRPC's round_robin). Steps of a sequence that
// are sent as calls of their own need one server: one more channel keeps to the
// first address that it reaches (pick_first).
//
// Constructed without connecting. Immutable afterwards but for the turn;
// thread-safe.
class ChannelPool {
 public:
  // INVALID_ARGUMENT for options that cannot be right.
  static absl::Status Check(const ClientOptions& options);

  explicit ChannelPool(const ClientOptions& options);

  grpc::GenericStub* Next();

  grpc::GenericStub* sticky() { return sticky_.get(); }

 private:
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;
  std::unique_ptr<grpc::GenericStub> sticky_;
  std::atomic<size_t> next_ = 0;
};

}  // namespace client
}  // namespace sconce

#endif  // CLIENT_CPP_SRC_CHANNEL_POOL_H_

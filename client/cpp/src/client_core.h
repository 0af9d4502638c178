// ClientCore: what all calls of a client share.
#ifndef CLIENT_CPP_SRC_CLIENT_CORE_H_
#define CLIENT_CPP_SRC_CLIENT_CORE_H_

#include <grpcpp/client_context.h>

#include "absl/status/status.h"
#include "absl/time/time.h"

#include "client/cpp/src/channel_pool.h"
#include "client/cpp/src/completion_threads.h"
#include "client/cpp/src/open_calls.h"
#include "client/cpp/src/retry.h"
#include "sconce/client_options.h"

namespace sconce {
inline namespace client {

// Owned by the client; outlives its calls. The members are thread-safe.
struct ClientCore {
  explicit ClientCore(ClientOptions chosen);

  // Cancels all calls and waits for them.
  ~ClientCore();

  // Sets what `options` and the client's options say for one attempt of a call
  // that ends at `deadline`. Fails when there is no token to be had.
  absl::Status Prepare(const CallOptions& options, absl::Time deadline,
                       grpc::ClientContext* context) const;

  const ClientOptions options;
  ChannelPool channels;
  RetryBudget retries;
  CompletionThreads threads;
  OpenCalls calls;
};

}  // namespace client
}  // namespace sconce

#endif  // CLIENT_CPP_SRC_CLIENT_CORE_H_

// Client: asks models of a Sconce server, or of any server that speaks the Open
// Inference Protocol v2 over gRPC.
#ifndef CLIENT_CPP_INCLUDE_SCONCE_CLIENT_H_
#define CLIENT_CPP_INCLUDE_SCONCE_CLIENT_H_

#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "sconce/client_options.h"
#include "sconce/infer_request.h"
#include "sconce/infer_result.h"
#include "sconce/infer_stream.h"
#include "sconce/model_metadata.h"

namespace sconce {
inline namespace client {

// Called once for each call, on a thread of the client. It should not block; it
// may start other calls, but not wait for them or destroy the client.
using InferCallback = absl::AnyInvocable<void(absl::StatusOr<InferResult>) &&>;

// Errors have gRPC's codes. Their text names the address, the model and what to
// do next. Beside what a method lists, each may return
//   UNAVAILABLE        no connection, or the model is not ready yet
//   DEADLINE_EXCEEDED  the call's timeout is over
//   CANCELLED          by its Cancellation, or by the client's destructor
//   NOT_FOUND          no such model or version
//
// Thread-safe. The destructor cancels what is under way and waits for the
// callbacks; a moved-from client may only be destroyed or assigned to.
class Client {
 public:
  // Does not connect yet: the first call does. INVALID_ARGUMENT for options
  // that cannot be right, e.g. a token without TLS.
  static absl::StatusOr<Client> Create(ClientOptions options);
  static absl::StatusOr<Client> Create(absl::string_view address);

  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  // Sends a request and waits for the answer. INVALID_ARGUMENT: the model does
  // not take the inputs. RESOURCE_EXHAUSTED: the server is overloaded.
  // FAILED_PRECONDITION when called by a callback of this client.
  absl::StatusOr<InferResult> Infer(const InferRequest& request,
                                    const CallOptions& options = {});

  // The same without waiting. The request may be destroyed at once; inputs
  // that are borrowed have to stay until `done` is called. `done` may be called
  // before this returns.
  void InferAsync(const InferRequest& request, const CallOptions& options,
                  InferCallback done);

  // Opens a stream; errors of the connection come with the first answer.
  InferStream StartStream(const CallOptions& options = {});
  InferStream StartStream(const CallOptions& options,
                          StreamCallbacks callbacks);

  // A sequence with an id of its own.
  Sequence StartSequence(const CallOptions& options = {});

  // The following block.
  absl::StatusOr<bool> IsServerLive(const CallOptions& options = {});
  absl::StatusOr<bool> IsServerReady(const CallOptions& options = {});
  // False also for a model that the server does not have.
  absl::StatusOr<bool> IsModelReady(absl::string_view model,
                                    absl::string_view version = "",
                                    const CallOptions& options = {});
  absl::StatusOr<ServerMetadata> GetServerMetadata(
      const CallOptions& options = {});
  absl::StatusOr<ModelMetadata> GetModelMetadata(
      absl::string_view model, absl::string_view version = "",
      const CallOptions& options = {});

 private:
  class Impl;

  explicit Client(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace client
}  // namespace sconce

#endif  // CLIENT_CPP_INCLUDE_SCONCE_CLIENT_H_

// Calls that wait for their answer.
#ifndef CLIENT_CPP_SRC_MESSAGE_CALL_H_
#define CLIENT_CPP_SRC_MESSAGE_CALL_H_

#include <google/protobuf/message_lite.h>
#include <grpcpp/support/byte_buffer.h>

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "client/cpp/src/client_core.h"
#include "client/cpp/src/mutex.h"

namespace sconce {
inline namespace client {

// Calls `start` with a callback and waits until the callback was called.
// FAILED_PRECONDITION on a thread that runs callbacks, which would wait for
// itself.
template <typename Result, typename StartCall>
absl::StatusOr<Result> Await(const ClientCore& core, StartCall start) {
  if (core.threads.IsCurrent()) {
    return absl::FailedPreconditionError(
        "a callback must not wait for another call; use InferAsync()");
  }
  Notification done;
  std::optional<absl::StatusOr<Result>> result;
  start([&](absl::StatusOr<Result> answer) {
    result = std::move(answer);
    done.Notify();
  });
  done.Wait();
  return *std::move(result);
}

// Sends `request` to `method`, which has to live forever, and reads the answer
// into `answer`. `model` is for errors.
absl::Status CallAndWait(ClientCore* core, const char* method,
                         const google::protobuf::MessageLite& request,
                         absl::string_view model, const CallOptions& options,
                         google::protobuf::MessageLite* answer);

template <typename Answer>
absl::StatusOr<Answer> CallWithMessages(
    ClientCore* core, const char* method,
    const google::protobuf::MessageLite& request, absl::string_view model,
    const CallOptions& options) {
  Answer answer;
  const absl::Status status =
      CallAndWait(core, method, request, model, options, &answer);
  if (!status.ok()) return status;
  return answer;
}

}  // namespace client
}  // namespace sconce

#endif  // CLIENT_CPP_SRC_MESSAGE_CALL_H_

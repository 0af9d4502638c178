// OpenCalls: what a client has under way.
#ifndef CLIENT_CPP_SRC_OPEN_CALLS_H_
#define CLIENT_CPP_SRC_OPEN_CALLS_H_

#include <memory>

#include "absl/container/flat_hash_map.h"

#include "client/cpp/src/mutex.h"

namespace sconce {
inline namespace client {

// A call or a stream. Cancel() is thread-safe and does not wait.
class OpenCall {
 public:
  virtual ~OpenCall() = default;
  virtual void Cancel() = 0;
};

// Owns the calls of one client until they are over. Thread-safe.
class OpenCalls {
 public:
  // False after CancelAll(): the call must not begin.
  bool Add(const std::shared_ptr<OpenCall>& call) ABSL_LOCKS_EXCLUDED(mu_);

  // The call is over and touches nothing of the client any more.
  void Remove(const OpenCall* call) ABSL_LOCKS_EXCLUDED(mu_);

  // Cancels all calls and waits until they are over; refuses new ones.
  void CancelAll() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  Mutex mu_;
  CondVar emptied_;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  // Shared with whoever cancels one while it ends.
  absl::flat_hash_map<const OpenCall*, std::shared_ptr<OpenCall>> calls_
      ABSL_GUARDED_BY(mu_);
};

}  // namespace client
}  // namespace sconce

#endif  // CLIENT_CPP_SRC_OPEN_CALLS_H_

// Cancellation::State: the calls that one Cancellation ends.
#ifndef CLIENT_CPP_SRC_CANCELLATION_STATE_H_
#define CLIENT_CPP_SRC_CANCELLATION_STATE_H_

#include <memory>
#include <vector>

#include "client/cpp/src/mutex.h"
#include "client/cpp/src/open_calls.h"
#include "sconce/cancellation.h"

namespace sconce {
inline namespace client {

// Thread-safe.
class Cancellation::State {
 public:
  // From now on Cancel() ends `call`. When it was called before, it does at
  // once.
  void Add(const std::shared_ptr<OpenCall>& call) ABSL_LOCKS_EXCLUDED(mu_);

  void Remove(const OpenCall* call) ABSL_LOCKS_EXCLUDED(mu_);

  void Cancel() ABSL_LOCKS_EXCLUDED(mu_);
  bool cancelled() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  mutable Mutex mu_;
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
  // Keeps them alive while they are being cancelled.
  std::vector<std::shared_ptr<OpenCall>> calls_ ABSL_GUARDED_BY(mu_);
};

}  // namespace client
}  // namespace sconce

#endif  // CLIENT_CPP_SRC_CANCELLATION_STATE_H_

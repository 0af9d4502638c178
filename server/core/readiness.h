// Readiness: whether the server wants traffic.
#ifndef SERVER_CORE_READINESS_H_
#define SERVER_CORE_READINESS_H_

#include <set>
#include <string>
#include <vector>

#include "server/base/mutex.h"
#include "server/core/servable_state.h"

namespace sconce {

// The server becomes ready when every load that was asked for at the start has
// ended: well, if it is strict. From then on, if it is strict, it is ready
// while each model that was ready once, and is not on its way out, has a
// version that is; so a new version that fails to load, or a model that comes
// later and does, takes no traffic from the others, and neither does one that
// is unloaded and waits for its last requests. Thread-safe.
class Readiness {
 public:
  explicit Readiness(bool strict) : strict_(strict) {}

  // What is to be loaded at the start is stated by now.
  void Begin() ABSL_LOCKS_EXCLUDED(mu_);

  // The answer for these states, which are those of all servables.
  bool IsReady(const std::vector<ServableReport>& reports)
      ABSL_LOCKS_EXCLUDED(mu_);

 private:
  bool HasStarted(const std::vector<ServableReport>& reports) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const bool strict_;
  Mutex mu_;
  bool begun_ ABSL_GUARDED_BY(mu_) = false;
  bool started_ ABSL_GUARDED_BY(mu_) = false;
  std::set<std::string> once_ready_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sconce

#endif  // SERVER_CORE_READINESS_H_

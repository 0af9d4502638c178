// IdlePark: where the threads of a port wait while nobody is connected to it.
#ifndef SERVER_RPC_IDLE_PARK_H_
#define SERVER_RPC_IDLE_PARK_H_

#include <cstdint>
#include <functional>
#include <utility>

#include "server/base/mutex.h"

namespace sconce {

// A thread that waits for events of a completion queue polls the sockets of
// the whole process with all others that do (gRPC 1.51, ev_epoll1_linux.cc):
// each event is read by whichever of them has its turn, and wakes the next. So
// those of a port without clients wait here instead, and cost the others
// nothing (doc/adr/0018). Thread-safe.
class IdlePark {
 public:
  // `count_connections` says how many there are now.
  explicit IdlePark(std::function<int()> count_connections)
      : count_connections_(std::move(count_connections)) {}

  // A connection was accepted: those that wait go on.
  void OnConnection() ABSL_LOCKS_EXCLUDED(mu_);

  // From now on nobody waits. Idempotent.
  void Open() ABSL_LOCKS_EXCLUDED(mu_);

  // Waits while there is no connection.
  void Wait() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  const std::function<int()> count_connections_;

  Mutex mu_;
  CondVar changed_;
  int64_t accepted_ ABSL_GUARDED_BY(mu_) = 0;  // connections so far
  bool open_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace sconce

#endif  // SERVER_RPC_IDLE_PARK_H_

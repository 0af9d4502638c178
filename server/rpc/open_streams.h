// OpenStreams: the streams that a drain has to end.
#ifndef SERVER_RPC_OPEN_STREAMS_H_
#define SERVER_RPC_OPEN_STREAMS_H_

#include <set>

#include "server/base/mutex.h"

namespace sconce {

// An RPC that its client would keep open without end.
class DrainableStream {
 public:
  virtual ~DrainableStream() = default;

  // The drain began: end as soon as what was received is answered. Called
  // once, with a lock held. Must not block nor call OpenStreams.
  virtual void OnDrain() = 0;
};

// Thread-safe.
class OpenStreams {
 public:
  // Keeps `stream`, borrowed, until Remove(). Once the drain began, tells it
  // so at once.
  void Add(DrainableStream* stream) ABSL_LOCKS_EXCLUDED(mu_);
  void Remove(DrainableStream* stream) ABSL_LOCKS_EXCLUDED(mu_);

  // Tells every stream, and those that are added later. Idempotent.
  void Drain() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  Mutex mu_;
  std::set<DrainableStream*> streams_ ABSL_GUARDED_BY(mu_);
  bool draining_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace sconce

#endif  // SERVER_RPC_OPEN_STREAMS_H_

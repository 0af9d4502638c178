#include "server/rpc/open_streams.h"

namespace sconce {

void OpenStreams::Add(DrainableStream* stream) {
  MutexLock lock(&mu_);
  streams_.insert(stream);
  if (draining_) stream->OnDrain();
}

void OpenStreams::Remove(DrainableStream* stream) {
  MutexLock lock(&mu_);
  streams_.erase(stream);
}

void OpenStreams::Drain() {
  MutexLock lock(&mu_);
  if (draining_) return;
  draining_ = true;
  for (DrainableStream* stream : streams_) stream->OnDrain();
}

}  // namespace sconce

#include "client/cpp/src/completion_threads.h"

#include <pthread.h>

#include <algorithm>

namespace sconce {
inline namespace client {
namespace {

// Whose thread this is.
thread_local const CompletionThreads* current = nullptr;

void Serve(const CompletionThreads* owner, grpc::CompletionQueue* queue) {
  current = owner;
  pthread_setname_np(pthread_self(), "sconce-client");
  void* tag = nullptr;
  bool ok = false;
  while (queue->Next(&tag, &ok)) {
    static_cast<CompletionEvent*>(tag)->Complete(ok);
  }
}

}  // namespace

CompletionThreads::CompletionThreads(int count) {
  for (int i = 0; i < std::max(1, count); ++i) {
    queues_.push_back(std::make_unique<grpc::CompletionQueue>());
    threads_.emplace_back(Serve, this, queues_.back().get());
  }
}

CompletionThreads::~CompletionThreads() {
  for (const auto& queue : queues_) queue->Shutdown();
  for (std::thread& thread : threads_) thread.join();
}

grpc::CompletionQueue* CompletionThreads::Next() {
  return queues_[next_.fetch_add(1, std::memory_order_relaxed) % queues_.size()]
      .get();
}

bool CompletionThreads::IsCurrent() const { return current == this; }

}  // namespace client
}  // namespace sconce

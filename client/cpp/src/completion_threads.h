// CompletionThreads: gRPC's completion queues and the threads that serve them.
#ifndef CLIENT_CPP_SRC_COMPLETION_THREADS_H_
#define CLIENT_CPP_SRC_COMPLETION_THREADS_H_

#include <grpcpp/completion_queue.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

namespace sconce {
inline namespace client {

// What a tag on the queues points to.
class CompletionEvent {
 public:
  virtual void Complete(bool ok) = 0;

 protected:
  ~CompletionEvent() = default;
};

// An event that is a member of a call and leads to a method of it.
template <typename Call, void (Call::*kMethod)(bool)>
class CallEvent final : public CompletionEvent {
 public:
  explicit CallEvent(Call* call) : call_(call) {}
  void Complete(bool ok) override { (call_->*kMethod)(ok); }

 private:
  Call* const call_;
};

// One queue for each thread; a thread runs the events of its queue and with
// them the callbacks of the client's user. Owned by ClientCore. Thread-safe.
class CompletionThreads {
 public:
  explicit CompletionThreads(int count);
  CompletionThreads(const CompletionThreads&) = delete;
  CompletionThreads& operator=(const CompletionThreads&) = delete;

  // REQUIRES: no event is outstanding. Joins the threads.
  ~CompletionThreads();

  // The queues take turns.
  grpc::CompletionQueue* Next();

  // Whether the calling thread is one of these.
  bool IsCurrent() const;

 private:
  // Constant after construction.
  std::vector<std::unique_ptr<grpc::CompletionQueue>> queues_;
  std::vector<std::thread> threads_;

  std::atomic<size_t> next_ = 0;
};

}  // namespace client
}  // namespace sconce

#endif  // CLIENT_CPP_SRC_COMPLETION_THREADS_H_

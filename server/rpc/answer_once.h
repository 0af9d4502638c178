// AnswerOnce: a callback that is called whatever becomes of it.
#ifndef SERVER_RPC_ANSWER_ONCE_H_
#define SERVER_RPC_ANSWER_ONCE_H_

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "absl/status/status.h"

namespace sconce {

// Keeps `answer` until somebody calls it, or everybody who could is gone.
// Thread-safe.
template <typename Outcome>
class AnswerOnce {
 public:
  using Answer = std::function<void(Outcome)>;

  // A function that calls `answer` exactly once: with the first outcome that it
  // is given, or with INTERNAL when its last copy goes without one. A call that
  // is never answered would keep the server from ending.
  static Answer Wrap(Answer answer) {
    auto shared = std::make_shared<AnswerOnce>(std::move(answer));
    return [shared](Outcome outcome) { shared->Call(std::move(outcome)); };
  }

  explicit AnswerOnce(Answer answer) : answer_(std::move(answer)) {}
  ~AnswerOnce() {
    Call(absl::InternalError("the request was dropped; send it again"));
  }
  AnswerOnce(const AnswerOnce&) = delete;
  AnswerOnce& operator=(const AnswerOnce&) = delete;

 private:
  void Call(Outcome outcome) {
    if (!called_.exchange(true)) answer_(std::move(outcome));
  }

  const Answer answer_;
  std::atomic<bool> called_ = false;
};

}  // namespace sconce

#endif  // SERVER_RPC_ANSWER_ONCE_H_

// AnswerChecker: checks answers on a thread of its own.
#ifndef CLIENT_LOADTEST_SENDING_ANSWER_CHECKER_H_
#define CLIENT_LOADTEST_SENDING_ANSWER_CHECKER_H_

#include <grpcpp/support/byte_buffer.h>

#include <deque>
#include <thread>

#include "absl/base/thread_annotations.h"

#include "client/cpp/src/mutex.h"
#include "client/loadtest/measure/outcome.h"
#include "client/loadtest/measure/recorder.h"
#include "client/loadtest/payload/answer_check.h"

namespace sconce::load {

struct AnswerToCheck {
  const AnswerCheck* check;
  grpc::ByteBuffer* answer;  // taken when it is accepted
  Outcome outcome;           // without the findings
};

// Answers wait in a short queue; when it is full, a check takes longer than
// answers need to come, and the next ones go unchecked rather than pile up.
class AnswerChecker {
 public:
  explicit AnswerChecker(Recorder recorder);

  // REQUIRES: Finish() was called.
  ~AnswerChecker() = default;

  // True: it will be checked and recorded. False: nothing was done with it.
  bool Offer(AnswerToCheck offered) ABSL_LOCKS_EXCLUDED(mu_);

  // Waits for the checks of all that was accepted; once.
  Record Finish() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Item {
    const AnswerCheck* check;
    grpc::ByteBuffer answer;
    Outcome outcome;
  };

  void Run();
  bool Take(Item* item) ABSL_LOCKS_EXCLUDED(mu_);

  Mutex mu_;
  CondVar changed_;
  std::deque<Item> items_ ABSL_GUARDED_BY(mu_);
  bool closed_ ABSL_GUARDED_BY(mu_) = false;

  Recorder recorder_;  // the thread's
  std::thread thread_;
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_SENDING_ANSWER_CHECKER_H_

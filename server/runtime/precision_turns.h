// PrecisionTurns: models that compute in TF32 and models that do not, on one
// device at the same time.
#ifndef SERVER_RUNTIME_PRECISION_TURNS_H_
#define SERVER_RUNTIME_PRECISION_TURNS_H_

#include <array>
#include <cstdint>
#include <functional>

#include "server/base/mutex.h"

namespace sconce {

// Whether FP32 may be computed as TF32 is one switch of LibTorch for the whole
// process, read as an operator is enqueued. (Its NoTF32Guard is a thread's, but
// neither cuDNN nor all of cuBLAS looks at it.) So threads that enqueue with
// the switch in one position go together; when others wait for the other one,
// nobody joins them, the last to leave flips the switch, and all that wait go
// in. So each side waits for one turn of the other at most. As long as all
// models want the same, nobody waits: two locks that nobody holds, some 50 ns a
// call. Thread-safe.
class PrecisionTurns {
 public:
  // `set_tf32` flips the switch, and is called in the constructor, to false,
  // and then for each change, never by two threads at once and never while
  // anybody is in.
  explicit PrecisionTurns(std::function<void(bool)> set_tf32);

  // That of LibTorch. Made by the first call.
  static PrecisionTurns* OfProcess();

  // Waits until operators that are enqueued use TF32, or do not. Each call is
  // followed by a Leave() of the same thread, with no Enter() between them.
  void Enter(bool tf32) ABSL_LOCKS_EXCLUDED(mu_);
  void Leave() ABSL_LOCKS_EXCLUDED(mu_);

  // Calls that wait in Enter().
  int64_t waiting() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  // Whether a call may join those that are in.
  bool MayJoin(bool tf32) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Flips the switch, with the lock given up meanwhile, and lets all in that
  // wait for its new position. REQUIRES: nobody is in, and nobody flips it.
  void Flip() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::function<void(bool)> set_tf32_;

  mutable Mutex mu_;
  CondVar turned_;
  bool tf32_ ABSL_GUARDED_BY(mu_) = false;  // the switch
  bool flipping_ ABSL_GUARDED_BY(mu_) = false;
  int64_t inside_ ABSL_GUARDED_BY(mu_) = 0;
  // By position of the switch: calls that wait for it, and how often such were
  // let in.
  std::array<int64_t, 2> waiting_ ABSL_GUARDED_BY(mu_) = {};
  std::array<uint64_t, 2> turns_ ABSL_GUARDED_BY(mu_) = {};
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_PRECISION_TURNS_H_

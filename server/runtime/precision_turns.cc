#include "server/runtime/precision_turns.h"

#include <ATen/Context.h>

#include <utility>

namespace sconce {
namespace {

// The older of LibTorch 2.11's two interfaces: it keeps both up to date, and
// those that ask by it throw when the newer one alone was used. Convolutions
// are in TF32 unless one says otherwise.
void SetTf32(bool allow) {
  at::globalContext().setAllowTF32CuBLAS(allow);
  at::globalContext().setAllowTF32CuDNN(allow);
}

}  // namespace

PrecisionTurns::PrecisionTurns(std::function<void(bool)> set_tf32)
    : set_tf32_(std::move(set_tf32)) {
  set_tf32_(false);
}

PrecisionTurns* PrecisionTurns::OfProcess() {
  static auto* const turns = new PrecisionTurns(SetTf32);
  return turns;
}

bool PrecisionTurns::MayJoin(bool tf32) const {
  return !flipping_ && tf32_ == tf32 && waiting_[tf32 ? 0 : 1] == 0;
}

void PrecisionTurns::Enter(bool tf32) {
  const size_t position = tf32 ? 1 : 0;
  MutexLock lock(&mu_);
  if (MayJoin(tf32)) {
    ++inside_;
    return;
  }
  ++waiting_[position];
  const uint64_t turn = turns_[position];
  if (inside_ == 0 && !flipping_) Flip();
  while (turns_[position] == turn) turned_.Wait(&mu_);
}

void PrecisionTurns::Leave() {
  MutexLock lock(&mu_);
  if (--inside_ == 0 && waiting_[tf32_ ? 0 : 1] > 0) Flip();
}

void PrecisionTurns::Flip() {
  flipping_ = true;
  tf32_ = !tf32_;
  const bool tf32 = tf32_;
  mu_.Unlock();
  set_tf32_(tf32);
  mu_.Lock();
  flipping_ = false;
  const size_t position = tf32 ? 1 : 0;
  inside_ = std::exchange(waiting_[position], 0);
  ++turns_[position];
  turned_.SignalAll();
}

int64_t PrecisionTurns::waiting() const {
  MutexLock lock(&mu_);
  return waiting_[0] + waiting_[1];
}

}  // namespace sconce

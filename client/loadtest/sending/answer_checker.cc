#include "client/loadtest/sending/answer_checker.h"

#include <pthread.h>

#include <utility>

namespace sconce::load {
namespace {

constexpr size_t kMostWaiting = 64;

}  // namespace

AnswerChecker::AnswerChecker(Recorder recorder)
    : recorder_(std::move(recorder)), thread_([this] { Run(); }) {}

bool AnswerChecker::Offer(AnswerToCheck offered) {
  MutexLock lock(&mu_);
  if (items_.size() >= kMostWaiting) return false;
  Item& item = items_.emplace_back();
  item.check = offered.check;
  item.answer.Swap(offered.answer);
  item.outcome = std::move(offered.outcome);
  changed_.SignalAll();
  return true;
}

Record AnswerChecker::Finish() {
  {
    MutexLock lock(&mu_);
    closed_ = true;
    changed_.SignalAll();
  }
  thread_.join();
  return recorder_.Take();
}

void AnswerChecker::Run() {
  pthread_setname_np(pthread_self(), "load-checker");
  Item item;
  while (Take(&item)) {
    item.outcome.checked = true;
    item.outcome.fault = item.check->FaultOf(item.answer);
    recorder_.Add(item.outcome);
  }
}

bool AnswerChecker::Take(Item* item) {
  MutexLock lock(&mu_);
  while (items_.empty() && !closed_) changed_.Wait(&mu_);
  if (items_.empty()) return false;
  *item = std::move(items_.front());
  items_.pop_front();
  return true;
}

}  // namespace sconce::load

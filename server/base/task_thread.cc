#include "server/base/task_thread.h"

#include <utility>

namespace sconce {

TaskThread::TaskThread(const std::string& name)
    : thread_(name, [this] { Main(); }) {}

TaskThread::~TaskThread() { Stop(); }

void TaskThread::Post(Task task) {
  MutexLock lock(&mu_);
  if (stopping_) return;
  tasks_.push_back(std::move(task));
  work_.SignalAll();
}

void TaskThread::SetTimer(MonoTime time, Task task) {
  MutexLock lock(&mu_);
  timer_ = Timer{time, std::move(task)};
  work_.SignalAll();
}

void TaskThread::Stop() {
  {
    MutexLock lock(&mu_);
    stopping_ = true;
    work_.SignalAll();
  }
  thread_.Join();
}

void TaskThread::Main() {
  while (const Task task = Next()) task();
}

TaskThread::Task TaskThread::Next() {
  MutexLock lock(&mu_);
  while (tasks_.empty() && !stopping_) {
    if (!timer_) {
      work_.Wait(&mu_);
    } else if (!work_.WaitUntil(&mu_, timer_->time) ||
               Clock::Real()->Now() >= timer_->time) {
      return std::exchange(timer_, std::nullopt)->task;
    }
  }
  if (tasks_.empty()) return nullptr;
  Task task = std::move(tasks_.front());
  tasks_.pop_front();
  return task;
}

}  // namespace sconce

// TaskThread: runs functions one after the other on a thread of its own.
#ifndef SERVER_BASE_TASK_THREAD_H_
#define SERVER_BASE_TASK_THREAD_H_

#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/base/thread.h"

namespace sconce {

// Thread-safe. Tasks run in the order in which they were posted.
class TaskThread {
 public:
  using Task = std::function<void()>;

  explicit TaskThread(const std::string& name);

  // Stop().
  ~TaskThread();
  TaskThread(const TaskThread&) = delete;
  TaskThread& operator=(const TaskThread&) = delete;

  // Queues `task`. After Stop() it is thrown away instead.
  void Post(Task task) ABSL_LOCKS_EXCLUDED(mu_);

  // Runs `task` once when no other task waits and `time` has come, in place of
  // what an earlier call asked for.
  void SetTimer(MonoTime time, Task task) ABSL_LOCKS_EXCLUDED(mu_);

  // Runs what waits, but no timer, and ends the thread. Idempotent. Not on the
  // thread itself.
  void Stop() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Timer {
    MonoTime time;
    Task task;
  };

  void Main() ABSL_LOCKS_EXCLUDED(mu_);
  // The next task to run; null: the thread ends.
  Task Next() ABSL_LOCKS_EXCLUDED(mu_);

  Mutex mu_;
  CondVar work_;
  std::deque<Task> tasks_ ABSL_GUARDED_BY(mu_);
  std::optional<Timer> timer_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;

  Thread thread_;  // last: uses the others
};

}  // namespace sconce

#endif  // SERVER_BASE_TASK_THREAD_H_

// RunToCompletion: work that a thread which receives requests does itself.
#ifndef SERVER_CORE_RUN_TO_COMPLETION_H_
#define SERVER_CORE_RUN_TO_COMPLETION_H_

namespace sconce {

// A request that takes less time than waking another thread is better run by
// the thread that received it (doc/adr/0006). What such a thread was handed
// waits until it has read what is ready, so that requests that came together
// run together. Each method speaks of the calling thread only.
class RunToCompletion {
 public:
  virtual ~RunToCompletion() = default;

  // Called once, before anything is handed to the thread.
  virtual void JoinThread() = 0;

  // Whether the thread was handed work that has not run.
  virtual bool HasWork() const = 0;

  // Runs that work, or passes on what would keep the thread too long.
  virtual void RunWork() = 0;
};

}  // namespace sconce

#endif  // SERVER_CORE_RUN_TO_COMPLETION_H_

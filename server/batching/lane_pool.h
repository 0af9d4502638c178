// LanePool: the threads that run models, shared by all of them.
#ifndef SERVER_BATCHING_LANE_POOL_H_
#define SERVER_BATCHING_LANE_POOL_H_

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/base/thread.h"
#include "server/core/run_to_completion.h"

namespace sconce {

// Somebody with batches to run.
class LaneClient {
 public:
  virtual ~LaneClient() = default;

  // Runs at most one batch on the calling thread. Returns how long it took,
  // without the sending of the answers.
  virtual MonoDuration RunOne() = 0;

  // Whether the next batch is expected to take less time than waking a lane.
  virtual bool IsShort() const { return false; }
};

// A fixed set of execution lanes, one thread each. A lane that is free takes
// the client that has waited longest, so models with work take turns, batch by
// batch. A thread that joined keeps the turns of short batches for itself, as
// RunToCompletion says. Thread-safe.
class LanePool : public RunToCompletion {
 public:
  struct Options {
    int lanes = 1;
    // Called first on each lane's thread and on each that joins.
    std::function<void()> on_thread_start = [] {};
    // One processor per lane. Not for lanes with several operator threads:
    // those inherit the lane's processor and would share it.
    bool pinned = true;
  };

  explicit LanePool(const Options& options);

  // Joins the lanes after the batches that run. REQUIRES: no client has work.
  ~LanePool() override;
  LanePool(const LanePool&) = delete;
  LanePool& operator=(const LanePool&) = delete;

  // Gives `client` one turn. A client with more work asks again.
  void RequestTurn(std::shared_ptr<LaneClient> client) ABSL_LOCKS_EXCLUDED(mu_);

  // The same, but for a lane in any case.
  void RequestLane(std::shared_ptr<LaneClient> client) ABSL_LOCKS_EXCLUDED(mu_);

  // Whether the calling thread joined and would keep the turn.
  bool WouldKeep(const LaneClient& client) const;

  // RunToCompletion:
  void JoinThread() override;
  bool HasWork() const override;
  void RunWork() override ABSL_LOCKS_EXCLUDED(mu_);

  int lanes() const { return static_cast<int>(threads_.size()); }

 private:
  void LaneMain() ABSL_LOCKS_EXCLUDED(mu_);
  std::shared_ptr<LaneClient> NextClient() ABSL_LOCKS_EXCLUDED(mu_);

  const std::function<void()> on_thread_start_;

  Mutex mu_;
  CondVar work_;
  std::deque<std::shared_ptr<LaneClient>> turns_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;

  std::vector<Thread> threads_;  // constant after construction
};

}  // namespace sconce

#endif  // SERVER_BATCHING_LANE_POOL_H_

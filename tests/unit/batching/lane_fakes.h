// Clients of lanes whose turns a test controls.
#ifndef TESTS_UNIT_BATCHING_LANE_FAKES_H_
#define TESTS_UNIT_BATCHING_LANE_FAKES_H_

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "server/base/notification.h"
#include "server/batching/lane_pool.h"
#include "server/batching/lane_watch.h"

namespace sconce {

// Runs a function in each of its turns.
class FunctionClient : public LaneClient {
 public:
  explicit FunctionClient(std::function<void()> run) : run_(std::move(run)) {}
  MonoDuration RunOne() override {
    run_();
    return MonoDuration::zero();
  }

 private:
  const std::function<void()> run_;
};

// Remembers the threads of its turns, which pretend to take `took`. For one
// thread at a time.
class ShortClient : public LaneClient {
 public:
  explicit ShortClient(MonoDuration took = MonoDuration::zero())
      : took_(took) {}
  MonoDuration RunOne() override {
    threads_.push_back(std::this_thread::get_id());
    return took_;
  }
  bool IsShort() const override { return short_; }
  void SetShort(bool is_short) { short_ = is_short; }
  const std::vector<std::thread::id>& threads() const { return threads_; }

 private:
  const MonoDuration took_;
  std::atomic<bool> short_ = true;
  std::vector<std::thread::id> threads_;
};

// Remembers the tasks that runs lost, which it does not finish. Thread-safe.
class StuckRunOwner : public RunOwner {
 public:
  void OnStuck(absl::Span<InferTask* const> tasks,
               MonoDuration took) const override {
    on_stuck_();
    MutexLock lock(&mu_);
    lost_.insert(lost_.end(), tasks.begin(), tasks.end());
    took_ = took;
  }

  // Call before any run.
  void SetOnStuck(std::function<void()> f) { on_stuck_ = std::move(f); }

  std::vector<InferTask*> lost() const {
    MutexLock lock(&mu_);
    return lost_;
  }
  MonoDuration took() const {
    MutexLock lock(&mu_);
    return took_;
  }

 private:
  std::function<void()> on_stuck_ = [] {};
  mutable Mutex mu_;
  mutable std::vector<InferTask*> lost_ ABSL_GUARDED_BY(mu_);
  mutable MonoDuration took_ ABSL_GUARDED_BY(mu_) = MonoDuration::zero();
};

inline std::shared_ptr<LaneClient> MakeClient(std::function<void()> run) {
  return std::make_shared<FunctionClient>(std::move(run));
}

// Keeps every lane of a pool busy until Release() or its end. To be made while
// the pool is idle.
class BusyLanes {
 public:
  // `time`: what the lanes say it will take.
  explicit BusyLanes(LanePool* pool, MonoDuration time = MonoDuration::zero()) {
    std::vector<std::shared_ptr<Notification>> busy;
    for (int i = 0; i < pool->lanes(); ++i) {
      busy.push_back(std::make_shared<Notification>());
      pool->RequestTurn(
          MakeClient([mine = busy.back(), release = release_, time] {
            LanePool::ExpectRun(time);
            mine->Notify();
            release->Wait();
          }));
    }
    for (const auto& lane : busy) lane->Wait();
  }
  ~BusyLanes() {
    if (!release_->HasBeenNotified()) Release();
  }
  BusyLanes(const BusyLanes&) = delete;
  BusyLanes& operator=(const BusyLanes&) = delete;

  void Release() { release_->Notify(); }

 private:
  const std::shared_ptr<Notification> release_ =
      std::make_shared<Notification>();
};

}  // namespace sconce

#endif  // TESTS_UNIT_BATCHING_LANE_FAKES_H_

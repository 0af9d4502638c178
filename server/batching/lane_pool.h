// LanePool: the threads that run models, shared by all of them.
#ifndef SERVER_BATCHING_LANE_POOL_H_
#define SERVER_BATCHING_LANE_POOL_H_

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/base/alarm_clock.h"
#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/base/thread.h"
#include "server/batching/admission.h"
#include "server/batching/fair_turns.h"
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
// the next of the FairTurns, so that models with work share the lanes evenly,
// batch by batch. A thread that joined keeps the turns of short batches for
// itself, as RunToCompletion says. A watchdog replaces lanes whose run does not
// return (LaneWatch), so that there are always as many as were asked for.
// Thread-safe.
class LanePool : public RunToCompletion {
 public:
  struct Options {
    int lanes = 1;
    // Called first on each lane's thread and on each that joins.
    std::function<void()> on_thread_start = [] {};
    // Called next on each lane's thread, with the lane's number. One that
    // replaces a stuck lane has the same.
    std::function<void(int lane)> on_lane_start = [](int) {};
    // One processor per lane. Not for lanes with several operator threads:
    // those inherit the lane's processor and would share it.
    bool pinned = true;
    // How often the watchdog looks; zero: there is none.
    MonoDuration watch_period = MonoDuration::zero();
    // Called by the watchdog each time that it looks.
    std::function<void()> on_watch = [] {};
    // One more lane is stuck (+1), or one of them ended (-1).
    std::function<void(int difference)> on_stuck_lanes = [](int) {};
    std::string thread_name = "lane";  // and the lane's number
  };

  explicit LanePool(const Options& options);

  // Joins the lanes after the batches that run, stuck ones too. REQUIRES: no
  // client has work.
  ~LanePool() override;
  LanePool(const LanePool&) = delete;
  LanePool& operator=(const LanePool&) = delete;

  // Gives `client` one turn. A client with more work asks again. Without a
  // share it is one of a share that all such clients have together.
  void RequestTurn(std::shared_ptr<LaneClient> client, Turn turn = {})
      ABSL_LOCKS_EXCLUDED(mu_);

  // The same, but for a lane in any case.
  void RequestLane(std::shared_ptr<LaneClient> client, Turn turn = {})
      ABSL_LOCKS_EXCLUDED(mu_);

  // Gives `client` a turn on each lane, before the turns of others: for what
  // each thread needs once. Without effect on the order of those.
  void RequestEachLane(const std::shared_ptr<LaneClient>& client)
      ABSL_LOCKS_EXCLUDED(mu_);

  // That much more (or less) predicted work waits, in queues whose weights are
  // so much more together.
  void AddQueued(MonoDuration work, int64_t weights);

  // The batch that the calling lane begins will take so long, as far as is
  // known; the turn's cost was a guess at the batch. Ignored elsewhere.
  static void ExpectRun(MonoDuration time);

  // What the lanes have to do, and all queues together. Takes no lock.
  WorkAhead Load() const;

  AlarmClock* alarms() { return &alarms_; }

  // Whether the calling thread joined and would keep the turn.
  bool WouldKeep(const LaneClient& client) const;

  // RunToCompletion:
  void JoinThread() override;
  bool HasWork() const override;
  void RunWork() override ABSL_LOCKS_EXCLUDED(mu_);

  // Starts a fresh lane for each whose run is over its limit at `now`. The
  // watchdog does this; without one, a test. One thread at a time.
  void CheckStuck(MonoTime now);

  int lanes() const { return options_.lanes; }

 private:
  struct Lane;

  void StartLane(int number);
  using ClientTurns = FairTurns<std::shared_ptr<LaneClient>>;

  void LaneMain(Lane* lane) ABSL_LOCKS_EXCLUDED(mu_);
  // Waits for one; nothing: the pool ends.
  std::optional<ClientTurns::Taken> NextTurn(int lane) ABSL_LOCKS_EXCLUDED(mu_);
  void EndTurn(const Turn& turn, MonoDuration took) ABSL_LOCKS_EXCLUDED(mu_);
  void WatchMain() ABSL_LOCKS_EXCLUDED(mu_);
  // Waits for a period; false when the pool is to end.
  bool WaitForPeriod() ABSL_LOCKS_EXCLUDED(mu_);

  const Options options_;

  Mutex mu_;
  CondVar work_;
  CondVar stop_;
  ClientTurns turns_ ABSL_GUARDED_BY(mu_);
  // Of each lane alone, by its number.
  std::vector<std::deque<std::shared_ptr<LaneClient>>> lane_turns_
      ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;

  // Of clients that bring none.
  const std::shared_ptr<FairShare> common_share_ =
      std::make_shared<FairShare>();

  std::atomic<MonoDuration> queued_work_ = MonoDuration::zero();
  std::atomic<int64_t> waiting_weights_ = 0;
  // When each lane is expected to be free; the past: it is.
  std::vector<std::atomic<MonoTime>> busy_until_;
  AlarmClock alarms_;

  // With those that are stuck. After construction CheckStuck()'s only.
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::optional<Thread> watchdog_;  // last: ends first
};

}  // namespace sconce

#endif  // SERVER_BATCHING_LANE_POOL_H_

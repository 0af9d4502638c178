// BatchGate: decides when requests of a method may share a batch.
#ifndef SERVER_RUNTIME_BATCH_GATE_H_
#define SERVER_RUNTIME_BATCH_GATE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/batching/lane_pool.h"
#include "server/core/batching_verdict.h"
#include "server/core/infer_task.h"
#include "server/runtime/batch_check.h"
#include "server/runtime/module_method.h"

namespace sconce {

// Batching begins when a BatchCheck found rows independent: on examples when
// the model is loaded, else on copies of the first good requests, one run a
// turn on the lanes. It never begins for a method whose code reads values of
// tensors, as samples cannot show every way such code can go. Thread-safe.
// The lanes share it for the length of a turn.
class BatchGate : public LaneClient,
                  public std::enable_shared_from_this<BatchGate> {
 public:
  struct Options {
    ServableId id;
    int64_t max_rows = 0;
    // Both borrowed; they outlive Stop().
    const ExecutionLimit* limit = nullptr;
    LanePool* lanes = nullptr;
    // Called with the rows that a batch may have from now on.
    std::function<void(int64_t rows)> decide;
  };

  // `method` outlives Stop().
  static std::shared_ptr<BatchGate> Create(Options options,
                                           const ModuleMethod* method);

  // Whether the code lets samples prove anything; else it never begins.
  void LookAtCode() ABSL_LOCKS_EXCLUDED(mu_);
  // Begins without a check.
  void Open() ABSL_LOCKS_EXCLUDED(mu_);
  // Never begins.
  void Close(const std::string& reason) ABSL_LOCKS_EXCLUDED(mu_);

  // Checks with `examples` of one method, on the calling thread. When they
  // prove nothing, requests still may.
  void TryExamples(const std::vector<InferTask*>& examples)
      ABSL_LOCKS_EXCLUDED(mu_);

  // From now on requests are offered.
  void AcceptRequests() { accepts_ = accepts_ || !decided_; }

  // A request that was answered well; copies it while samples are wanted.
  void Offer(const InferTask& request) {
    if (accepts_.load(std::memory_order_relaxed)) Collect(request);
  }

  // Takes over what somebody else found out, unless it is decided already.
  void Adopt(const BatchingVerdict& verdict) ABSL_LOCKS_EXCLUDED(mu_);

  BatchingVerdict verdict() const ABSL_LOCKS_EXCLUDED(mu_);

  // Waits until no check runs; none begins later.
  void Stop() ABSL_LOCKS_EXCLUDED(mu_);

  // LaneClient: one run of the check.
  MonoDuration RunOne() override ABSL_LOCKS_EXCLUDED(mu_);

 private:
  BatchGate(Options options, const ModuleMethod* method);

  void Collect(const InferTask& request) ABSL_LOCKS_EXCLUDED(mu_);
  void Decide(BatchingVerdict verdict) ABSL_LOCKS_EXCLUDED(mu_);

  const Options options_;
  const ModuleMethod* const method_;
  std::atomic<bool> accepts_ = false;
  std::atomic<bool> decided_ = false;

  // Of collected requests. Touched under the lock while they are collected,
  // then by the one turn that there is.
  BatchCheck check_;

  mutable Mutex mu_;
  CondVar idle_;
  int collected_ ABSL_GUARDED_BY(mu_) = 0;
  bool running_ ABSL_GUARDED_BY(mu_) = false;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  BatchingVerdict verdict_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_BATCH_GATE_H_

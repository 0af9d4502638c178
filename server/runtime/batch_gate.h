// BatchGate: decides which requests of a method may share a batch.
#ifndef SERVER_RUNTIME_BATCH_GATE_H_
#define SERVER_RUNTIME_BATCH_GATE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/base/mutex.h"
#include "server/batching/bucket_key.h"
#include "server/batching/lane_pool.h"
#include "server/core/batching_verdict.h"
#include "server/core/infer_task.h"
#include "server/core/servable_id.h"
#include "server/runtime/batch_check.h"
#include "server/runtime/execution_limit.h"
#include "server/runtime/module_method.h"

namespace sconce {

// What a BatchCheck finds holds for requests of one kind (KindVerdict): with
// another flag or rank the same code may mix rows. So each kind has a verdict
// of its own: from examples when the model is loaded, else from copies of its
// first good requests, one run a turn on the lanes. Only so many kinds are
// checked; others are not batched. Code that reads values of tensors never is,
// as samples cannot show every way such code can go. Thread-safe. The lanes
// share it for the length of a turn.
class BatchGate : public LaneClient,
                  public std::enable_shared_from_this<BatchGate> {
 public:
  struct Options {
    ServableId id;
    int64_t max_rows = 0;
    bool declared = false;  // whether max_rows is the config's
    // Both borrowed; they outlive Stop().
    const ExecutionLimit* limit = nullptr;
    LanePool* lanes = nullptr;
    // Called with the rows that a batch may have from now on.
    std::function<void(int64_t rows)> set_rows;
  };

  // `method` outlives Stop().
  static std::shared_ptr<BatchGate> Create(Options options,
                                           const ModuleMethod* method);

  // At most one of these, before the first request: requests of all kinds are
  // batched; none is; none is if the code reads values of tensors.
  void OpenForAll() ABSL_LOCKS_EXCLUDED(mu_);
  void Close(const std::string& reason) ABSL_LOCKS_EXCLUDED(mu_);
  void LookAtCode() ABSL_LOCKS_EXCLUDED(mu_);

  // Checks the kinds of `examples`, on the calling thread, as far as nothing
  // is known of them. When they prove nothing, requests still may.
  void TryExamples(const std::vector<InferTask*>& examples)
      ABSL_LOCKS_EXCLUDED(mu_);

  // Takes over what somebody else found out.
  void Adopt(const std::vector<KindVerdict>& verdicts) ABSL_LOCKS_EXCLUDED(mu_);

  // From now on requests are samples.
  void AcceptSamples() { accepts_ = true; }

  // Sets task->stackable and task->is_sample, for a task with `rows` rows. One
  // with more than a batch may have is stackable if it may run in parts.
  void Classify(int64_t rows, InferTask* task) ABSL_LOCKS_EXCLUDED(mu_);

  // Whether requests like this one may still turn out to be stackable.
  bool IsUndecided(const InferTask& task) const ABSL_LOCKS_EXCLUDED(mu_);

  // Takes a copy of a task that was answered well. REQUIRES: task.is_sample.
  void AddSample(const InferTask& task) ABSL_LOCKS_EXCLUDED(mu_);

  BatchingVerdict verdict() const ABSL_LOCKS_EXCLUDED(mu_);

  // The most that a batch may have, whatever is proven.
  int64_t max_rows() const { return options_.max_rows; }

  // Waits until no check runs; none begins later.
  void Stop() ABSL_LOCKS_EXCLUDED(mu_);

  // LaneClient: one run of the check.
  MonoDuration RunOne() override ABSL_LOCKS_EXCLUDED(mu_);

 private:
  // Either collects samples, or waits for its check, or is decided.
  struct Kind {
    std::unique_ptr<BatchCheck> check;
    int64_t seen = 0;  // requests while it collects
    std::optional<KindVerdict> verdict;
  };
  using Kinds = std::map<BucketKey, Kind>;

  BatchGate(Options options, const ModuleMethod* method);

  BucketKey KindOf(const InferTask& task) const;
  // Of a task with more rows than a batch may have.
  bool MayRunInParts(const InferTask& task) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::unique_ptr<BatchCheck> NewCheck() const;
  // Begins the check of `kind` unless another one runs.
  void BeginCheck(const BucketKey& kind) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void EndCheck() ABSL_LOCKS_EXCLUDED(mu_);
  void Decide(KindVerdict verdict) ABSL_LOCKS_EXCLUDED(mu_);

  const Options options_;
  const ModuleMethod* const method_;
  const bool has_branches_;
  std::atomic<bool> accepts_ = false;
  std::atomic<bool> for_all_ = false;
  std::atomic<bool> closed_ = false;

  // The check that has turns on the lanes; touched by its one turn.
  std::unique_ptr<BatchCheck> running_check_;

  mutable Mutex mu_;
  CondVar idle_;
  std::optional<BucketKey> checked_ ABSL_GUARDED_BY(mu_);  // its kind
  bool in_turn_ ABSL_GUARDED_BY(mu_) = false;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  Kinds kinds_ ABSL_GUARDED_BY(mu_);
  std::string text_ ABSL_GUARDED_BY(mu_);  // of the kind that came first
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_BATCH_GATE_H_

// BatchCheck: finds out whether rows of a batch are independent.
#ifndef SERVER_RUNTIME_BATCH_CHECK_H_
#define SERVER_RUNTIME_BATCH_CHECK_H_

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "server/core/infer_task.h"
#include "server/core/servable_id.h"
#include "server/runtime/execution_limit.h"
#include "server/runtime/module_method.h"
#include "server/runtime/sample_request.h"
#include "server/runtime/tensor_codec.h"
#include "server/runtime/watched_method.h"

namespace sconce {

// Runs a method on sample requests, each alone and all as batches of several
// sizes and orders, and compares row by row: of a few sizes where the code has
// no branches, else of all. A request alone would prove little: so each is
// varied, and what the method refuses alone does not count. One thread at a
// time.
class BatchCheck {
 public:
  // `method` and `limit` outlive it. No run takes longer than `limit` allows.
  BatchCheck(const ServableId& id, const ModuleMethod* method,
             const ExecutionLimit* limit, int64_t max_rows);
  ~BatchCheck();

  // Takes a copy of `request`, whose inputs were checked and have `rows` rows,
  // unless one like it is there. REQUIRES: !HasEnough(); no Step() so far.
  void Add(const InferTask& request, int64_t rows);

  // Whether more requests would prove little more.
  bool HasEnough() const;

  // Runs the method once. False when nothing is left to do.
  bool Step();

  // Why there is no batching; OK when it is proven. FAILED_PRECONDITION: a
  // batch gives other answers. UNAVAILABLE: the samples prove nothing.
  // REQUIRES: Step() returned false.
  const absl::Status& verdict() const { return verdict_; }

  // Rows of the largest batch that was tried, at most max_rows.
  int64_t rows() const { return std::min(rows_, max_rows_); }

 private:
  using Outputs = std::vector<SharedOutput>;
  struct Group;
  using Order = std::vector<size_t>;  // indices into a group's samples

  Group* FindOrAddGroup(const InferTask& request);
  absl::Status Prepare(Group* group);
  absl::Status RunAlone(Group* group, size_t index);
  absl::Status RunAgain(Group* group);
  absl::Status PlanBatches(Group* group);
  absl::Status RunTogether(const Group& group, const Order& order);
  Order FullBatch(const Group& group) const;
  // How many requests of `full` can be tried one batch size after the other.
  size_t SizesInTime(const Group& group, const Order& full) const;
  // Rows of `group` that can run together in reasonable time.
  int64_t RowsInTime(const Group& group) const;
  // Once more when a device was short of memory or a call of it failed.
  absl::StatusOr<Outputs> Run(const std::vector<InferTask*>& tasks) const;
  absl::StatusOr<Outputs> RunOnce(const std::vector<InferTask*>& tasks) const;
  // For a batch that is too large for the memory: half of it, if that is one.
  void PlanHalf(const Group& group, const Order& order);

  const ModuleMethod* const method_;
  const WatchedMethod watched_;
  const ExecutionLimit* const limit_;
  int64_t max_rows_;  // less when the memory is too short for so many
  std::vector<std::unique_ptr<Group>> groups_;  // of requests of one shape
  int added_ = 0;
  int64_t largest_ = 0;  // bytes of a request
  std::deque<std::function<absl::Status()>> steps_;
  absl::Status verdict_;
  int64_t rows_ = 0;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_BATCH_CHECK_H_

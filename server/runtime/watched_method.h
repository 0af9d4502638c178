// WatchedMethod: calls of a method that may not return.
#ifndef SERVER_RUNTIME_WATCHED_METHOD_H_
#define SERVER_RUNTIME_WATCHED_METHOD_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/types/span.h"

#include "server/batching/lane_watch.h"
#include "server/core/servable_id.h"
#include "server/runtime/execution_limit.h"
#include "server/runtime/module_method.h"

namespace sconce {

// On a lane, a call that is not back some time after the limit is given up:
// the model is suspended until it returns, its requests are answered, and the
// lane is replaced. Thread-safe.
class WatchedMethod : private RunOwner {
 public:
  // `method` and `limit` are borrowed and outlive it.
  WatchedMethod(ServableId id, const ModuleMethod* method,
                const ExecutionLimit* limit);

  // Calls `call`, which runs the method. `tasks` are those that the lane has to
  // answer. After a call that was given up, LaneWatch::IsCurrentStuck(): they
  // are answered, and may be gone.
  absl::Status Run(absl::Span<InferTask* const> tasks,
                   absl::FunctionRef<absl::Status()> call) const;

 private:
  // RunOwner:
  void OnStuck(absl::Span<InferTask* const> tasks,
               MonoDuration took) const override;
  void OnReturned(MonoDuration took) const;

  const ServableId id_;
  const ModuleMethod* const method_;
  const ExecutionLimit* const limit_;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_WATCHED_METHOD_H_

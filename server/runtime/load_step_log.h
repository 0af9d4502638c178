// LoadStepLog: what a load does, step by step, and how long each step takes.
#ifndef SERVER_RUNTIME_LOAD_STEP_LOG_H_
#define SERVER_RUNTIME_LOAD_STEP_LOG_H_

#include <functional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

#include "server/base/clock.h"
#include "server/core/load_step.h"
#include "server/core/servable_id.h"

namespace sconce {

// Each step goes to the server's log when it is over. One thread at a time.
class LoadStepLog {
 public:
  using Listener = std::function<void(absl::string_view step)>;

  // `on_step` hears of each step that begins.
  LoadStepLog(ServableId id, Listener on_step)
      : id_(std::move(id)), on_step_(std::move(on_step)) {}

  // Ends the step before, if there is one.
  void Begin(const char* step);
  void End();
  // A step that somebody else has timed.
  void Record(absl::string_view step, MonoDuration took);

  // Those that are over.
  const LoadSteps& steps() const { return steps_; }

 private:
  const ServableId id_;
  const Listener on_step_;
  LoadSteps steps_;
  std::string current_;  // empty: none
  MonoTime begin_;       // of the current one
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_LOAD_STEP_LOG_H_

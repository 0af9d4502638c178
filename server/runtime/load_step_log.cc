#include "server/runtime/load_step_log.h"

#include "server/telemetry/log.h"

namespace sconce {

void LoadStepLog::Begin(const char* step) {
  End();
  current_ = step;
  begin_ = Clock::Real()->Now();
  on_step_(step);
}

void LoadStepLog::End() {
  if (current_.empty()) return;
  Record(current_, Clock::Real()->Now() - begin_);
  current_.clear();
}

void LoadStepLog::Record(absl::string_view step, MonoDuration took) {
  LogInfo("model load step", {{"model", id_.model},
                              {"version", id_.version},
                              {"step", step},
                              {"seconds", ToSeconds(took)}});
  steps_.push_back({std::string(step), took});
}

}  // namespace sconce

#include "server/core/loader_harness.h"

#include <utility>

namespace sconce {

LoaderHarness::LoaderHarness(ServableId id, std::unique_ptr<Loader> loader)
    : id_(std::move(id)), loader_(std::move(loader)) {}

void LoaderHarness::BeginLoad() {
  SetState(ServableState::kLoading, absl::OkStatus());
}

void LoaderHarness::FinishLoad() {
  absl::Status loaded = loader_->Load();
  const ServableState state =
      loaded.ok() ? ServableState::kReady : ServableState::kError;
  {
    MutexLock lock(&mu_);
    load_steps_ = loader_->steps();
  }
  SetState(state, std::move(loaded));
}

bool LoaderHarness::Suspend(const absl::Status& why) {
  MutexLock lock(&mu_);
  suspended_because_ = why;
  ++suspensions_;
  return state_ == ServableState::kReady;
}

bool LoaderHarness::Resume() {
  MutexLock lock(&mu_);
  --suspensions_;
  return suspensions_ == 0 && state_ == ServableState::kReady;
}

bool LoaderHarness::BeginUnload() {
  MutexLock lock(&mu_);
  if (state_ != ServableState::kReady) return false;
  state_ = ServableState::kQuiescing;
  return true;
}

void LoaderHarness::FinishUnload() {
  handles_.Close();
  handles_.WaitIdle(kNoDeadline);
  loader_->Unload();
  SetState(ServableState::kDisabled, absl::OkStatus());
}

std::optional<ServableHandle> LoaderHarness::TryGetHandle() {
  MutexLock lock(&mu_);
  if (state_ != ServableState::kReady || suspensions_ > 0 ||
      !handles_.Enter()) {
    return std::nullopt;
  }
  return ServableHandle(loader_->servable(), &handles_);
}

ServableReport LoaderHarness::report() const {
  MutexLock lock(&mu_);
  if (state_ == ServableState::kReady && suspensions_ > 0) {
    return {id_, ServableState::kSuspended, suspended_because_, load_steps_};
  }
  return {id_, state_, status_, load_steps_};
}

void LoaderHarness::SetState(ServableState state, absl::Status status) {
  MutexLock lock(&mu_);
  state_ = state;
  status_ = std::move(status);
}

}  // namespace sconce

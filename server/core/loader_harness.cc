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
  SetState(state, std::move(loaded));
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
  if (state_ != ServableState::kReady || !handles_.Enter()) {
    return std::nullopt;
  }
  return ServableHandle(loader_->servable(), &handles_);
}

ServableReport LoaderHarness::report() const {
  MutexLock lock(&mu_);
  return {id_, state_, status_};
}

void LoaderHarness::SetState(ServableState state, absl::Status status) {
  MutexLock lock(&mu_);
  state_ = state;
  status_ = std::move(status);
}

}  // namespace sconce

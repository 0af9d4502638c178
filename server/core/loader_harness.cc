#include "server/core/loader_harness.h"

#include <utility>

namespace sconce {

LoaderHarness::LoaderHarness(ServableSpec spec, std::unique_ptr<Loader> loader)
    : spec_(std::move(spec)), loader_(std::move(loader)) {
  handles_.Close();
}

const MemoryNeed& LoaderHarness::EstimateMemory() {
  if (!need_) need_ = loader_->EstimateMemory();
  return *need_;
}

bool LoaderHarness::BeginLoad() {
  return Move(ServableState::kNew, ServableState::kLoading);
}

absl::Status LoaderHarness::Load() {
  absl::Status loaded = loader_->Load();
  if (loaded.ok()) {
    servable_.store(loader_->servable(), std::memory_order_release);
  }
  auto steps = std::make_shared<const LoadSteps>(loader_->steps());
  MutexLock lock(&mu_);
  load_steps_ = std::move(steps);
  return loaded;
}

bool LoaderHarness::Publish() {
  MutexLock lock(&mu_);
  if (state_ != ServableState::kLoading) return false;
  state_ = ServableState::kReady;
  if (suspensions_ == 0) handles_.Open();
  return true;
}

bool LoaderHarness::Fail(absl::Status status) {
  {
    MutexLock lock(&mu_);
    if (state_ != ServableState::kLoading) return false;
    state_ = ServableState::kError;
    status_ = std::move(status);
  }
  loader_.reset();  // its memory is of no use any more
  return true;
}

bool LoaderHarness::Abandon() {
  return Move(ServableState::kLoading, ServableState::kQuiescing);
}

bool LoaderHarness::Suspend(const absl::Status& why) {
  MutexLock lock(&mu_);
  suspended_because_ = why;
  ++suspensions_;
  handles_.Close();
  return state_ == ServableState::kReady;
}

bool LoaderHarness::Resume() {
  MutexLock lock(&mu_);
  if (suspensions_ == 0) return false;
  --suspensions_;
  if (suspensions_ > 0 || state_ != ServableState::kReady) return false;
  handles_.Open();
  return true;
}

bool LoaderHarness::BeginUnload() {
  MutexLock lock(&mu_);
  if (state_ != ServableState::kReady) return false;
  state_ = ServableState::kQuiescing;
  handles_.Close();
  return true;
}

void LoaderHarness::WhenIdle(std::function<void()> on_idle) {
  handles_.WhenIdle(std::move(on_idle));
}

bool LoaderHarness::Unload() {
  std::unique_ptr<Loader> loader;
  {
    MutexLock lock(&mu_);
    if (state_ != ServableState::kQuiescing) return false;
    loader = std::move(loader_);
  }
  if (loader == nullptr) return false;  // another thread is at it
  loader->Unload();
  loader.reset();
  return Move(ServableState::kQuiescing, ServableState::kDisabled);
}

std::optional<ServableHandle> LoaderHarness::TryGetHandle() {
  if (!handles_.Enter()) return std::nullopt;
  return ServableHandle(servable_.load(std::memory_order_acquire), &handles_);
}

ServableState LoaderHarness::state() const {
  MutexLock lock(&mu_);
  return ShownState();
}

ServableReport LoaderHarness::report() const {
  MutexLock lock(&mu_);
  const ServableState state = ShownState();
  return {id(), state,
          state == ServableState::kSuspended ? suspended_because_ : status_,
          load_steps_};
}

ServableState LoaderHarness::ShownState() const {
  const bool suspended = state_ == ServableState::kReady && suspensions_ > 0;
  return suspended ? ServableState::kSuspended : state_;
}

bool LoaderHarness::Move(ServableState from, ServableState to) {
  MutexLock lock(&mu_);
  if (state_ != from) return false;
  state_ = to;
  return true;
}

}  // namespace sconce

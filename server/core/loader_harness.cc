#include "server/core/loader_harness.h"

#include <new>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sconce {
namespace {

absl::Status OutOfMemory(const ServableId& id) {
  return absl::ResourceExhaustedError(absl::StrCat(
      "the process ran out of memory while it loaded ", id.ToString(),
      "; unload a model or give the process more memory, and try again"));
}

}  // namespace

LoaderHarness::LoaderHarness(ServableSpec spec, std::unique_ptr<Loader> loader)
    : spec_(std::move(spec)), loader_(std::move(loader)) {
  handles_.Close();
}

const MemoryNeed& LoaderHarness::EstimateMemory() {
  if (need_) return *need_;
  try {
    need_ = loader_->EstimateMemory();
  } catch (const std::bad_alloc&) {
    need_ = MemoryNeed();  // Load() will say it
  }
  return *need_;
}

bool LoaderHarness::BeginLoad() {
  return Move(ServableState::kNew, ServableState::kLoading);
}

// How much a load allocates is the file's to say, so it may be more than there
// is: that is the file's failure, not the server's end.
absl::Status LoaderHarness::Load() {
  absl::Status loaded;
  std::shared_ptr<const LoadSteps> steps;
  try {
    loaded = loader_->Load();
    steps = std::make_shared<const LoadSteps>(loader_->steps());
    if (loaded.ok() && need_) {
      need_->device_loaded += loader_->additional_device_bytes();
    }
  } catch (const std::bad_alloc&) {
    loaded = OutOfMemory(id());
  }
  if (loaded.ok()) {
    servable_.store(loader_->servable(), std::memory_order_release);
  } else {
    loader_.reset();  // its memory is of no use any more
  }
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
  MutexLock lock(&mu_);
  if (state_ != ServableState::kLoading) return false;
  state_ = ServableState::kError;
  status_ = std::move(status);
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

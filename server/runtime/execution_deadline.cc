#include "server/runtime/execution_deadline.h"

#include <c10/util/ThreadLocalDebugInfo.h>

#include <atomic>
#include <stdexcept>

namespace sconce {
namespace {

// LibTorch carries this to the threads of prim::fork; a thread_local of ours
// would stay behind. No code of LibTorch 2.11 uses this kind.
constexpr auto kKind = c10::DebugInfoKind::INFERENCE_CONTEXT;

// Shared, because a fork that nobody waits for outlives the call.
struct Limit : c10::DebugInfoBase {
  explicit Limit(MonoTime t) : at(t) {}

  const MonoTime at;
  std::atomic<bool> passed = false;
};

}  // namespace

MonoTime After(MonoTime begin, MonoDuration limit) {
  return limit > MonoDuration::zero() ? begin + limit : kNoDeadline;
}

struct ExecutionDeadline::Impl {
  explicit Impl(MonoTime at)
      : limit(std::make_shared<Limit>(at)), guard(kKind, limit) {}

  const std::shared_ptr<Limit> limit;
  const c10::DebugInfoGuard guard;
};

ExecutionDeadline::ExecutionDeadline(MonoTime at)
    : impl_(at == kNoDeadline ? nullptr : std::make_unique<Impl>(at)) {}

ExecutionDeadline::~ExecutionDeadline() = default;

bool ExecutionDeadline::passed() const {
  return impl_ != nullptr && impl_->limit->passed;
}

void CheckExecutionDeadline() {
  auto* const limit =
      static_cast<Limit*>(c10::ThreadLocalDebugInfo::get(kKind));
  if (limit == nullptr || Clock::Real()->Now() < limit->at) return;
  limit->passed = true;
  throw std::runtime_error("the deadline of the execution has passed");
}

}  // namespace sconce

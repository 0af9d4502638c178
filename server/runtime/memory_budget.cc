#include "server/runtime/memory_budget.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <malloc.h>

#include <atomic>
#include <stdexcept>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace sconce {
namespace {

// LibTorch carries this to the threads of prim::fork, as it does the
// ExecutionDeadline. It is meant for c10d, which models may not use.
constexpr auto kKind = c10::DebugInfoKind::PARAM_COMMS_INFO;

// Shared, because a fork that nobody waits for outlives the call.
// Its value is empty: that it is there says it.
constexpr char kOverBudget[] = "sconce/over-budget";

struct Account : c10::DebugInfoBase {
  explicit Account(int64_t bytes) : left(bytes), limit(bytes) {}

  std::atomic<int64_t> left;
  const int64_t limit;
  std::atomic<int64_t> refused = 0;
};

Account* CurrentAccount() {
  return static_cast<Account*>(c10::ThreadLocalDebugInfo::get(kKind));
}

// In front of LibTorch's own allocator, whose memory is malloc's.
class BudgetAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    Account* const account = CurrentAccount();
    if (account != nullptr) Check(static_cast<int64_t>(bytes), account);
    c10::DataPtr memory = Base()->allocate(bytes);
    if (account != nullptr) account->left -= SizeOf(memory.get());
    void* const data = memory.release_context();
    return {data, data, &Free, c10::DeviceType::CPU};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &Free; }

  void copy_data(void* to, const void* from, size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }

 private:
  static c10::Allocator* Base() { return c10::GetDefaultCPUAllocator(); }

  static int64_t SizeOf(void* data) {
    return static_cast<int64_t>(malloc_usable_size(data));
  }

  static void Check(int64_t bytes, Account* account) {
    if (bytes <= account->left) return;
    int64_t none = 0;
    account->refused.compare_exchange_strong(none, bytes);
    throw std::runtime_error("the memory budget of the execution is spent");
  }

  static void Free(void* data) {
    Account* const account = CurrentAccount();
    if (account != nullptr) {
      account->left += SizeOf(data);
      // What was allocated before the budget began is no gain.
      if (account->left > account->limit) account->left = account->limit;
    }
    Base()->raw_deleter()(data);
  }
};

}  // namespace

void InstallBudgetAllocator() {
  static auto* const kAllocator = new BudgetAllocator;
  constexpr uint8_t kAboveDefault = 1;
  c10::SetCPUAllocator(kAllocator, kAboveDefault);
}

struct MemoryBudget::Impl {
  explicit Impl(int64_t bytes)
      : account(std::make_shared<Account>(bytes)), guard(kKind, account) {}

  const std::shared_ptr<Account> account;
  const c10::DebugInfoGuard guard;
};

MemoryBudget::MemoryBudget(int64_t bytes)
    : impl_(bytes == 0 ? nullptr : std::make_unique<Impl>(bytes)) {}

MemoryBudget::~MemoryBudget() = default;

int64_t MemoryBudget::refused_bytes() const {
  return impl_ == nullptr ? 0 : impl_->account->refused.load();
}

absl::Status OverBudget(int64_t refused, int64_t allowed) {
  absl::Status status = absl::ResourceExhaustedError(absl::StrCat(
      "an operator wanted a tensor of ", refused,
      " bytes, and --max-request-memory allows all tensors of a run ", allowed,
      "; send less or raise it"));
  status.SetPayload(kOverBudget, absl::Cord());
  return status;
}

bool IsOverBudget(const absl::Status& status) {
  return status.GetPayload(kOverBudget).has_value();
}

}  // namespace sconce

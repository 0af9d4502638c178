#include "client/cpp/src/borrowed_bytes.h"

#include <utility>

namespace sconce {
inline namespace client {
namespace {

// gRPC does not write to what it sends.
void* Address(absl::Span<const uint8_t> bytes) {
  return const_cast<uint8_t*>(bytes.data());
}

}  // namespace

grpc::Slice BorrowedBytes::Lend(absl::Span<const uint8_t> bytes) {
  held_.fetch_add(1, std::memory_order_relaxed);
  return {Address(bytes), bytes.size(), &BorrowedBytes::Return,
          new std::shared_ptr<BorrowedBytes>(shared_from_this())};
}

bool BorrowedBytes::WhenFree(absl::AnyInvocable<void()> free) {
  free_ = std::move(free);
  return Release() && !told_.exchange(true);
}

void BorrowedBytes::Return(void* self) {
  const std::unique_ptr<std::shared_ptr<BorrowedBytes>> bytes(
      static_cast<std::shared_ptr<BorrowedBytes>*>(self));
  BorrowedBytes& lender = **bytes;
  if (lender.Release() && !lender.told_.exchange(true)) lender.free_();
}

bool BorrowedBytes::Release() {
  return held_.fetch_sub(1, std::memory_order_acq_rel) == 1;
}

grpc::Slice LendOwned(absl::Span<const uint8_t> bytes,
                      std::shared_ptr<const void> owner) {
  return {Address(bytes), bytes.size(),
          [](void* kept) {
            delete static_cast<std::shared_ptr<const void>*>(kept);
          },
          new std::shared_ptr<const void>(std::move(owner))};
}

}  // namespace client
}  // namespace sconce

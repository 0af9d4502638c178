// BorrowedBytes: knows when gRPC has let go of memory that the caller owns.
#ifndef CLIENT_CPP_SRC_BORROWED_BYTES_H_
#define CLIENT_CPP_SRC_BORROWED_BYTES_H_

#include <grpcpp/support/slice.h>

#include <atomic>
#include <cstdint>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/types/span.h"

namespace sconce {
inline namespace client {

// The memory that one call, or one stream, lent to gRPC without a copy. gRPC
// may hold on to it after the call: a write that is under way when the deadline
// passes still reads it. Only the last slice's end says that the memory is the
// caller's again.
//
// Thread-safe. Shared by the call and the slices.
class BorrowedBytes : public std::enable_shared_from_this<BorrowedBytes> {
 public:
  // A slice over `bytes`, which stay where they are. After WhenFree() a slice
  // may not be sent any more: it is not waited for.
  grpc::Slice Lend(absl::Span<const uint8_t> bytes);

  // True when no slice is left. Else `free` will be called, once, by the thread
  // that lets go of the last one: it is one of gRPC's, in the middle of
  // something, and must not be kept. REQUIRES: called once.
  bool WhenFree(absl::AnyInvocable<void()> free);

 private:
  static void Return(void* self);
  bool Release();

  std::atomic<int64_t> held_ = 1;    // slices, and one until WhenFree
  std::atomic<bool> told_ = false;   // that all bytes are free
  absl::AnyInvocable<void()> free_;  // written before the last release
};

// A slice over `bytes`, kept alive by `owner`.
grpc::Slice LendOwned(absl::Span<const uint8_t> bytes,
                      std::shared_ptr<const void> owner);

}  // namespace client
}  // namespace sconce

#endif  // CLIENT_CPP_SRC_BORROWED_BYTES_H_

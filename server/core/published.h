// Published: a value that many threads read and few replace.
#ifndef SERVER_CORE_PUBLISHED_H_
#define SERVER_CORE_PUBLISHED_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "server/base/mutex.h"

namespace sconce {

// Read-copy-update by a copy of the pointer in each thread: a read compares a
// number that changes only with the value, and takes the lock after a change,
// so readers share no cache line that anybody writes. A thread keeps the value
// that it read last, and with it what that owns, until it reads again or ends.
// Thread-safe.
template <typename T>
class Published {
 public:
  explicit Published(std::shared_ptr<const T> value)
      : value_(std::move(value)) {}

  // The newest value. Valid as long as the caller does not call this again on
  // the same thread.
  const T& Read() const ABSL_LOCKS_EXCLUDED(mu_) {
    const uint64_t now = edition_.load(std::memory_order_acquire);
    Copy& copy = ThreadsCopy();
    if (copy.edition != now) Renew(&copy);
    return *copy.value;
  }

  // The same to keep.
  std::shared_ptr<const T> Get() const ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    return value_;
  }

  void Set(std::shared_ptr<const T> value) ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);  // the old value is freed after it
    value_.swap(value);
    edition_.store(NextEdition(), std::memory_order_release);
  }

 private:
  struct Copy {
    uint64_t edition = 0;
    std::shared_ptr<const T> value;
  };

  void Renew(Copy* copy) const ABSL_LOCKS_EXCLUDED(mu_) {
    const std::shared_ptr<const T> old = std::move(copy->value);
    MutexLock lock(&mu_);  // the old value is freed after it
    copy->edition = edition_.load(std::memory_order_relaxed);
    copy->value = value_;
  }

  // One for all objects of the type: there is one in a process.
  static Copy& ThreadsCopy() {
    static thread_local Copy copy;
    return copy;
  }

  // Never the same twice in a process, so that the copy of one object is not
  // taken for another's.
  static uint64_t NextEdition() {
    static std::atomic<uint64_t> last = 0;
    return ++last;
  }

  // Lines of their own: a reader that takes the lock writes to it.
  static constexpr size_t kCacheLine = 64;
  alignas(kCacheLine) std::atomic<uint64_t> edition_ = NextEdition();
  alignas(kCacheLine) mutable Mutex mu_;
  std::shared_ptr<const T> value_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sconce

#endif  // SERVER_CORE_PUBLISHED_H_

// libsconce-copy-counter.so: counts the large copies that a program makes, and
// the large blocks that it fills. Loaded with LD_PRELOAD, so that it sees what
// libraries do as well; SCONCE_COPY_COUNTS names the file with the counters.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>

#include "tests/copies/copy_counts.h"

namespace sconce {
namespace {

CopyCounts* counts = nullptr;  // null: nobody reads them

__attribute__((constructor)) void MapCounts() {
  const char* const path = getenv("SCONCE_COPY_COUNTS");
  const int file = path == nullptr ? -1 : open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return;
  void* const map = mmap(nullptr, sizeof(CopyCounts), PROT_READ | PROT_WRITE,
                         MAP_SHARED, file, 0);
  if (map != MAP_FAILED) counts = static_cast<CopyCounts*>(map);
  close(file);
}

void Count(size_t size, CopyCount* count, const void* caller) {
  if (size < kLargeCopy || counts == nullptr) return;
  if (counts->process.load(std::memory_order_relaxed) != getpid()) return;
  count->bytes.fetch_add(size, std::memory_order_relaxed);
  const uint64_t n = count->calls.fetch_add(1, std::memory_order_relaxed);
  if (n < kCallers) count->callers[n] = reinterpret_cast<uint64_t>(caller);
}

void CountCopy(size_t size, const void* caller) {
  if (counts != nullptr) Count(size, &counts->copied, caller);
}

void CountFill(size_t size, const void* caller) {
  if (counts != nullptr) Count(size, &counts->filled, caller);
}

// The compiler is told not to make these loops calls of memcpy again.
void* CopyForward(void* to, const void* from, size_t size) {
  auto* const out = static_cast<uint8_t*>(to);
  const auto* const in = static_cast<const uint8_t*>(from);
  for (size_t i = 0; i < size; ++i) out[i] = in[i];
  return to;
}

void* CopyBackward(void* to, const void* from, size_t size) {
  auto* const out = static_cast<uint8_t*>(to);
  const auto* const in = static_cast<const uint8_t*>(from);
  for (size_t i = size; i > 0; --i) out[i - 1] = in[i - 1];
  return to;
}

}  // namespace
}  // namespace sconce

// Debian's libraries call the checked forms: they are built with
// _FORTIFY_SOURCE.
extern "C" {

// glibc's own, under the name that stays reachable.
void* __libc_calloc(size_t count, size_t size);

void* memcpy(void* to, const void* from, size_t size) {
  sconce::CountCopy(size, __builtin_return_address(0));
  return sconce::CopyForward(to, from, size);
}

void* memmove(void* to, const void* from, size_t size) {
  sconce::CountCopy(size, __builtin_return_address(0));
  return to <= from ? sconce::CopyForward(to, from, size)
                    : sconce::CopyBackward(to, from, size);
}

void* memset(void* to, int value, size_t size) {
  sconce::CountFill(size, __builtin_return_address(0));
  auto* const out = static_cast<uint8_t*>(to);
  for (size_t i = 0; i < size; ++i) out[i] = static_cast<uint8_t>(value);
  return to;
}

void* calloc(size_t count, size_t size) {
  sconce::CountFill(count * size, __builtin_return_address(0));
  return __libc_calloc(count, size);
}

void* __memcpy_chk(void* to, const void* from, size_t size, size_t) {
  sconce::CountCopy(size, __builtin_return_address(0));
  return sconce::CopyForward(to, from, size);
}

void* __memmove_chk(void* to, const void* from, size_t size, size_t) {
  return memmove(to, from, size);
}

void* __memset_chk(void* to, int value, size_t size, size_t) {
  return memset(to, value, size);
}

}  // extern "C"

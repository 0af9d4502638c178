#include "tests/unit/faults/failing_new.h"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace sconce {
namespace {

thread_local bool counted = false;
std::atomic<int> until_fault = 0;
std::atomic<bool> failed = false;

void* Allocate(size_t bytes) {
  if (counted && --until_fault == 0) {
    failed = true;
    throw std::bad_alloc();
  }
  void* const memory = std::malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

CountedAllocations::CountedAllocations() { counted = true; }
CountedAllocations::~CountedAllocations() { counted = false; }

void FailNthAllocation(int n) {
  until_fault = n;
  failed = false;
}

bool AllocationFailed() { return failed; }

}  // namespace sconce

void* operator new(size_t bytes) { return sconce::Allocate(bytes); }
void* operator new[](size_t bytes) { return sconce::Allocate(bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }

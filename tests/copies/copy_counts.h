// CopyCounts: what libsconce-copy-counter.so and its test share, as a file.
#ifndef TESTS_COPIES_COPY_COUNTS_H_
#define TESTS_COPIES_COPY_COUNTS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace sconce {

// Smaller ones are not counted: names, headers, the pieces of messages.
constexpr size_t kLargeCopy = 4096;

constexpr size_t kCallers = 16;

struct CopyCount {
  std::atomic<uint64_t> calls;
  std::atomic<uint64_t> bytes;
  uint64_t callers[kCallers];  // return addresses of the first calls
};

// sconce_support/copy_counts.py reads the same layout.
struct CopyCounts {
  std::atomic<int64_t> process;  // the one that is counted; 0: none
  CopyCount copied;
  CopyCount filled;
};

}  // namespace sconce

#endif  // TESTS_COPIES_COPY_COUNTS_H_

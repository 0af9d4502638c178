// The allocator setting that every yardstick runs with.

#ifndef TESTS_BENCH_LARGE_BLOCKS_H_
#define TESTS_BENCH_LARGE_BLOCKS_H_

namespace sconce::bench {

// Makes malloc keep freed memory for the next request. By default glibc maps
// and unmaps blocks the size of a tensor, and the page faults cost about as
// much as the transfer itself. A yardstick that paid for them would flatter
// whatever is measured against it. Call first thing in main.
void KeepLargeBlocks();

}  // namespace sconce::bench

#endif  // TESTS_BENCH_LARGE_BLOCKS_H_

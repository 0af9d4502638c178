// Makes allocations with operator new fail.
//
// failing_new.cc replaces operator new for the whole program, so this is for
// tests in programs of their own.
#ifndef TESTS_UNIT_FAULTS_FAILING_NEW_H_
#define TESTS_UNIT_FAULTS_FAILING_NEW_H_

namespace sconce {

// While it lives, the allocations of this thread count. Not nested.
class CountedAllocations {
 public:
  CountedAllocations();
  ~CountedAllocations();
  CountedAllocations(const CountedAllocations&) = delete;
  CountedAllocations& operator=(const CountedAllocations&) = delete;
};

// Of those that count, of all threads together, the n-th from now on, counted
// from 1, throws std::bad_alloc; all others go well.
void FailNthAllocation(int n);

// Whether there were so many.
bool AllocationFailed();

}  // namespace sconce

#endif  // TESTS_UNIT_FAULTS_FAILING_NEW_H_

// Fails the first allocation of ProveArchive(), then the second … until none
// fails.
#include <filesystem>
#include <iterator>
#include <new>
#include <string>

#include "gtest/gtest.h"

#include "server/runtime/archive/archive_proof.h"
#include "tests/unit/faults/failing_new.h"
#include "tests/unit/runtime/archive/archive_writer.h"

namespace sconce {
namespace {

int64_t OpenFiles() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                       std::filesystem::directory_iterator());
}

// Whether it came to its end, well.
bool Prove(const std::string& path, const OperatorPolicy& policy) {
  const CountedAllocations counted;
  try {
    return ProveArchive(path, policy, [](absl::string_view, MonoDuration) {})
        .ok();
  } catch (const std::bad_alloc&) {
    return false;
  }
}

TEST(ProofAllocationsTest, AFailureIsTheCallersAndNoFileStaysOpen) {
  const std::string path = WriteZip(TorchScript());
  const OperatorPolicy policy({});
  const int64_t open_files = OpenFiles();
  int n = 0;
  do {
    ASSERT_LT(++n, 10000);
    FailNthAllocation(n);
    const bool proven = Prove(path, policy);
    ASSERT_NE(proven, AllocationFailed()) << "at " << n;
    ASSERT_EQ(OpenFiles(), open_files) << "at " << n;
  } while (AllocationFailed());
  EXPECT_GT(n, 10);  // there was something to fail
}

}  // namespace
}  // namespace sconce

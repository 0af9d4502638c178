#include "server/base/process_limits.h"

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <string>

#include "gtest/gtest.h"

namespace sconce {
namespace {

using ::testing::ExitedWithCode;

rlim_t LimitOf(__rlimit_resource resource) {
  rlimit limit = {};
  getrlimit(resource, &limit);
  return limit.rlim_cur;
}

std::string OomScoreAdjustment() {
  std::string text;
  std::ifstream("/proc/self/oom_score_adj") >> text;
  return text;
}

// LimitProcess() is for good, so that each test calls it in a copy of the test
// process, which ends with 0 when what it finds is right.
[[noreturn]] void EndWith(bool right) { _exit(right ? 0 : 1); }

TEST(ProcessLimitsDeathTest, MemoryAndProcessorTimeAreLimited) {
  EXPECT_EXIT(
      {
        LimitProcess({.data_bytes = uint64_t{1} << 40, .cpu_seconds = 1234});
        EndWith(LimitOf(RLIMIT_DATA) == rlim_t{1} << 40 &&
                LimitOf(RLIMIT_CPU) == 1234);
      },
      ExitedWithCode(0), "");
}

TEST(ProcessLimitsDeathTest, ZeroIsNoLimit) {
  EXPECT_EXIT(
      {
        const rlim_t data = LimitOf(RLIMIT_DATA);
        const rlim_t cpu = LimitOf(RLIMIT_CPU);
        LimitProcess({});
        EndWith(LimitOf(RLIMIT_DATA) == data && LimitOf(RLIMIT_CPU) == cpu);
      },
      ExitedWithCode(0), "");
}

TEST(ProcessLimitsDeathTest, NoCoreFileIsWrittenAndTheKernelEndsItFirst) {
  EXPECT_EXIT(
      {
        LimitProcess({});
        EndWith(LimitOf(RLIMIT_CORE) == 0 && OomScoreAdjustment() == "1000");
      },
      ExitedWithCode(0), "");
}

TEST(ProcessLimitsDeathTest, GoesOnWhileItsParentLives) {
  EXPECT_EXIT(
      {
        EndWithParent(getppid());
        EndWith(true);
      },
      ExitedWithCode(0), "");
}

TEST(ProcessLimitsDeathTest, EndsWhenItsParentIsGoneAlready) {
  EXPECT_EXIT(
      {
        EndWithParent(getpid());
        EndWith(true);
      },
      ExitedWithCode(1), "");
}

}  // namespace
}  // namespace sconce

#include "server/base/processors.h"

#include <sched.h>

#include "gtest/gtest.h"

namespace sconce {
namespace {

TEST(ProcessorsTest, AQuotaOfWholeProcessorsIsThatMany) {
  EXPECT_EQ(ProcessorsOfCpuMax("200000 100000\n"), 2);
}

TEST(ProcessorsTest, AQuotaOfHalvesIsRoundedUp) {
  EXPECT_EQ(ProcessorsOfCpuMax("150000 100000"), 2);
}

TEST(ProcessorsTest, AnExcessOfOneMicrosecondIsRoundedUp) {
  EXPECT_EQ(ProcessorsOfCpuMax("200001 100000"), 3);
}

TEST(ProcessorsTest, ATinyQuotaIsOneProcessor) {
  EXPECT_EQ(ProcessorsOfCpuMax("1000 100000"), 1);
}

TEST(ProcessorsTest, ThePeriodNeedNotBeTheUsualOne) {
  EXPECT_EQ(ProcessorsOfCpuMax("200000 50000"), 4);
}

TEST(ProcessorsTest, MaxIsNoLimit) {
  EXPECT_EQ(ProcessorsOfCpuMax("max 100000\n"), std::nullopt);
}

TEST(ProcessorsTest, AMissingPeriodIsNoLimit) {
  EXPECT_EQ(ProcessorsOfCpuMax("100000"), std::nullopt);
}

TEST(ProcessorsTest, AnAbsentFileIsNoLimit) {
  EXPECT_EQ(ProcessorsOfCpuMax(""), std::nullopt);
}

TEST(ProcessorsTest, ValuesThatCannotBeAreNoLimit) {
  EXPECT_EQ(ProcessorsOfCpuMax("0 100000"), std::nullopt);
  EXPECT_EQ(ProcessorsOfCpuMax("-1 100000"), std::nullopt);
  EXPECT_EQ(ProcessorsOfCpuMax("100000 0"), std::nullopt);
  EXPECT_EQ(ProcessorsOfCpuMax("many 100000"), std::nullopt);
}

TEST(ProcessorsTest, TheProcessMayUseAtLeastOneAndAtMostItsAffinityMask) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  ASSERT_EQ(sched_getaffinity(0, sizeof(mask), &mask), 0);
  EXPECT_GE(UsableProcessors(), 1);
  EXPECT_LE(UsableProcessors(), CPU_COUNT(&mask));
}

}  // namespace
}  // namespace sconce

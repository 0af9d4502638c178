#include "server/base/processors.h"

#include <sched.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

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

// A hierarchy of cgroups below a folder of its own.
class CgroupsTest : public testing::Test {
 protected:
  CgroupsTest() {
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
  }
  ~CgroupsTest() override { std::filesystem::remove_all(root_); }

  void Write(const std::string& file, const std::string& text) const {
    const std::filesystem::path path = root_ + "/" + file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }

  const std::string root_ =
      testing::TempDir() + "cgroups." + std::to_string(getpid()) + "." +
      testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(CgroupsTest, NoFileIsNoLimit) {
  EXPECT_EQ(ProcessorsOfCgroups("0::/\n", root_), std::nullopt);
  EXPECT_EQ(ProcessorsOfCgroups("", root_), std::nullopt);
  EXPECT_EQ(ProcessorsOfCgroups("no cgroups", root_), std::nullopt);
}

TEST_F(CgroupsTest, AContainerSeesItsOwnAsTheRoot) {
  Write("cpu.max", "300000 100000\n");
  EXPECT_EQ(ProcessorsOfCgroups("0::/\n", root_), 3);
  EXPECT_EQ(ProcessorsOfCgroups("0::/unknown/here\n", root_), 3);
}

TEST_F(CgroupsTest, TheLeastQuotaUpToTheRootCounts) {
  Write("a/b/cpu.max", "max 100000\n");
  Write("a/cpu.max", "200000 100000\n");
  Write("cpu.max", "800000 100000\n");
  EXPECT_EQ(ProcessorsOfCgroups("0::/a/b\n", root_), 2);
}

TEST_F(CgroupsTest, TheFirstVersionHasTwoFiles) {
  Write("cpu/job/cpu.cfs_quota_us", "150000\n");
  Write("cpu/job/cpu.cfs_period_us", "100000\n");
  Write("cpu/cpu.cfs_quota_us", "-1\n");
  Write("cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(ProcessorsOfCgroups("3:cpuset:/x\n1:cpu,cpuacct:/job\n", root_), 2);
  EXPECT_EQ(ProcessorsOfCgroups("3:cpuset:/job\n", root_), std::nullopt);
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

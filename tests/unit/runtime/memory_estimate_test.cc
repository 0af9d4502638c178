#include "server/runtime/memory_estimate.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "tests/unit/runtime/torch_archive.h"

namespace sconce {
namespace {

constexpr int64_t kMiB = int64_t{1} << 20;

TEST(MemoryEstimateTest, AModelKeepsItsTensors) {
  EXPECT_EQ(EstimateMemoryOf(100 * kMiB, true).loaded, 101 * kMiB);
}

TEST(MemoryEstimateTest, ALoadNeedsThreeFormsAndWhatTheRunsUse) {
  EXPECT_EQ(EstimateMemoryOf(10 * kMiB, false).loading, (1 + 30 + 50) * kMiB);
}

TEST(MemoryEstimateTest, TheTestProcessCosts) {
  EXPECT_GT(EstimateMemoryOf(10 * kMiB, true).loading,
            EstimateMemoryOf(10 * kMiB, false).loading);
}

TEST(MemoryEstimateTest, TheRunsOfALargeModelDoNotNeedFiveTimesAsMuch) {
  EXPECT_EQ(EstimateMemoryOf(10000 * kMiB, true).loading,
            (64 + 30000 + 512) * kMiB);
}

TEST(MemoryEstimateTest, ReadsTheDirectoryOfAnArchive) {
  torch::jit::Module module("m");
  module.register_parameter("weight", at::ones({1 << 20}), false);
  module.define("def forward(self, x): return x + self.weight\n");
  const std::string path = TestPath("pt");
  module.save(path);
  EXPECT_EQ(EstimateArchiveMemory(path, true).loaded, (4 + 1) * kMiB);
}

TEST(MemoryEstimateTest, TellsNothingOfAnotherFile) {
  EXPECT_EQ(EstimateArchiveMemory("/nowhere", true).loading, 0);
  EXPECT_EQ(EstimateArchiveMemory("/proc/self/status", true).loaded, 0);
}

}  // namespace
}  // namespace sconce

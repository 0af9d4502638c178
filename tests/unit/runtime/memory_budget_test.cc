#include "server/runtime/memory_budget.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace sconce {
namespace {

constexpr int64_t kMegabyte = int64_t{1} << 20;

at::Tensor Megabytes(int64_t count) {
  return at::empty({count * kMegabyte}, at::kByte);
}

class MemoryBudgetTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { InstallBudgetAllocator(); }
};

TEST_F(MemoryBudgetTest, RefusesWhatIsTooLarge) {
  const MemoryBudget budget(10 * kMegabyte);
  Megabytes(9);
  EXPECT_EQ(budget.refused_bytes(), 0);
  EXPECT_THROW(Megabytes(11), std::exception);
  EXPECT_EQ(budget.refused_bytes(), 11 * kMegabyte);
}

TEST_F(MemoryBudgetTest, CountsWhatLivesAtATime) {
  const MemoryBudget budget(10 * kMegabyte);
  for (int i = 0; i < 100; ++i) Megabytes(6);
  const at::Tensor held = Megabytes(6);
  EXPECT_THROW(Megabytes(6), std::exception);
}

TEST_F(MemoryBudgetTest, OlderTensorsAreNoGain) {
  at::Tensor old = Megabytes(20);
  const MemoryBudget budget(10 * kMegabyte);
  old.reset();
  EXPECT_THROW(Megabytes(11), std::exception);
}

TEST_F(MemoryBudgetTest, EndsWithItsScope) {
  at::Tensor kept;
  {
    const MemoryBudget budget(10 * kMegabyte);
    kept = Megabytes(9);
  }
  Megabytes(20);
  const MemoryBudget next(10 * kMegabyte);
  Megabytes(9);
}

TEST_F(MemoryBudgetTest, ZeroIsNoLimit) {
  const MemoryBudget budget(0);
  Megabytes(20);
  EXPECT_EQ(budget.refused_bytes(), 0);
}

}  // namespace
}  // namespace sconce

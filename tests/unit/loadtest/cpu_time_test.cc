#include "client/loadtest/measure/cpu_time.h"

#include <thread>

#include "gtest/gtest.h"

namespace sconce::load {
namespace {

TEST(CpuTimeTest, CountsTheWorkOfThreadsThatHaveEnded) {
  const auto before = CpuTime();
  std::thread worker([before] {
    while (CpuTime() - before < std::chrono::milliseconds(2)) {
    }
  });
  worker.join();
  EXPECT_GE(CpuTime() - before, std::chrono::milliseconds(2));
}

}  // namespace
}  // namespace sconce::load

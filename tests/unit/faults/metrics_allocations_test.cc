// Fails the first allocation of ForServable(), then the second … until none
// fails.
#include <memory>
#include <new>
#include <string>

#include "gtest/gtest.h"

#include "server/telemetry/metrics.h"
#include "tests/unit/faults/failing_new.h"
#include "tests/unit/telemetry/metrics_page.h"

namespace sconce {
namespace {

std::shared_ptr<ServableMetrics> Make(ServerMetrics* metrics) {
  const std::string model = "a model with a name of more than a few bytes";
  const CountedAllocations counted;
  try {
    return metrics->ForServable(model, 1);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

TEST(MetricsAllocationsTest, WhatWasMadeInVainLeavesNoSeries) {
  ServerMetrics metrics;
  int n = 0;
  do {
    ASSERT_LT(++n, 1000);
    FailNthAllocation(n);
    std::shared_ptr<ServableMetrics> made = Make(&metrics);
    ASSERT_NE(made != nullptr, AllocationFailed()) << "at " << n;
    made.reset();
    ASSERT_EQ(MetricsPage(metrics).find("a model"), std::string::npos)
        << MetricsPage(metrics);
  } while (AllocationFailed());
  EXPECT_GT(n, 10);  // there was something to fail
}

}  // namespace
}  // namespace sconce

#include "server/batching/slow_model_trials.h"

#include <chrono>

#include "gtest/gtest.h"

namespace sconce {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLeft(10);

// How many are asked until one is let in, that one included.
int UntilLetIn(SlowModelTrials* trials) {
  int asked = 1;
  while (!trials->LetIn(kLeft)) ++asked;
  return asked;
}

TEST(SlowModelTrialsTest, OneIn16IsLetIn) {
  SlowModelTrials trials;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(UntilLetIn(&trials), 16);
    trials.Judge(kLeft);
  }
}

TEST(SlowModelTrialsTest, MoreAfterEachThatWasInTime) {
  SlowModelTrials trials;
  for (const int expected : {16, 8, 4, 2, 1, 1, 1}) {
    EXPECT_EQ(UntilLetIn(&trials), expected);
    trials.Judge(milliseconds(9));
  }
}

TEST(SlowModelTrialsTest, OneThatWasLateEndsThat) {
  SlowModelTrials trials;
  UntilLetIn(&trials);
  trials.Judge(milliseconds(1));
  UntilLetIn(&trials);
  trials.Judge(milliseconds(11));
  EXPECT_EQ(UntilLetIn(&trials), 16);
}

TEST(SlowModelTrialsTest, OtherRunsSayNothing) {
  SlowModelTrials trials;
  trials.Judge(milliseconds(1));
  EXPECT_EQ(UntilLetIn(&trials), 16);
  trials.Judge(milliseconds(1));
  trials.Judge(milliseconds(1));
  EXPECT_EQ(UntilLetIn(&trials), 8);
}

}  // namespace
}  // namespace sconce

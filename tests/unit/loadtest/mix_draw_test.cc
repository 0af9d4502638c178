#include "client/loadtest/sending/mix_draw.h"

#include "gtest/gtest.h"

#include "client/loadtest/sending/check_sampler.h"

namespace sconce::load {
namespace {

Mix TwoEntries() {
  Mix mix(2);
  mix[0].name = "net";
  mix[0].weight = 1;
  mix[0].payloads.resize(1);
  mix[1].name = "other";
  mix[1].weight = 3;
  mix[1].payloads.resize(2);
  return mix;
}

TEST(MixDrawTest, DrawsByWeight) {
  MixDraw draw(TwoEntries(), 1);
  int others = 0;
  for (int i = 0; i < 10000; ++i) others += draw.Next().entry == 1;
  EXPECT_NEAR(others, 7500, 200);
}

TEST(MixDrawTest, PayloadsOfAnEntryTakeTurns) {
  MixDraw draw(TwoEntries(), 1);
  for (const size_t expected : {0u, 1u, 0u, 1u}) {
    EXPECT_EQ(draw.Next("net").payload, 0u);
    EXPECT_EQ(draw.Next("other").payload, expected);
  }
}

TEST(MixDrawTest, SameSeedDrawsTheSame) {
  MixDraw one(TwoEntries(), 1), same(TwoEntries(), 1), other(TwoEntries(), 2);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const size_t drawn = one.Next().entry;
    EXPECT_EQ(drawn, same.Next().entry);
    differs |= drawn != other.Next().entry;
  }
  EXPECT_TRUE(differs);
}

TEST(CheckSamplerTest, ChecksTheFirstAndEachKthAnswerOfAPayload) {
  CheckSampler sampler(TwoEntries(), 3);
  for (const bool expected : {true, false, false, true, false}) {
    EXPECT_EQ(sampler.IsNext({1, 0}), expected);
    EXPECT_EQ(sampler.IsNext({1, 1}), expected);
  }
}

}  // namespace
}  // namespace sconce::load

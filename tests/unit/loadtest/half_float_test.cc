#include "client/loadtest/payload/half_float.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace sconce::load {
namespace {

TEST(HalfFloatTest, EveryHalfComesBack) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    if (std::isnan(FromHalf(half))) {
      EXPECT_TRUE(std::isnan(FromHalf(ToHalf(FromHalf(half)))));
    } else {
      ASSERT_EQ(ToHalf(FromHalf(half)), half);
    }
  }
}

TEST(HalfFloatTest, HalvesAreThoseOfTheStandard) {
  EXPECT_EQ(FromHalf(0x3c00), 1);
  EXPECT_EQ(FromHalf(0xc000), -2);
  EXPECT_EQ(FromHalf(0x7bff), 65504);
  EXPECT_EQ(FromHalf(0x0001), std::ldexp(1.0F, -24));
  EXPECT_EQ(FromHalf(0x0400), std::ldexp(1.0F, -14));
  EXPECT_EQ(FromHalf(0xfc00), -std::numeric_limits<float>::infinity());
}

TEST(HalfFloatTest, RoundsToTheNearest) {
  EXPECT_EQ(ToHalf(1 + std::ldexp(1.0F, -11)), 0x3c00);  // a tie: to even
  EXPECT_EQ(ToHalf(1 + std::ldexp(3.0F, -11)), 0x3c02);
  EXPECT_EQ(ToHalf(65519), 0x7bff);
  EXPECT_EQ(ToHalf(65520), 0x7c00);
  EXPECT_EQ(ToHalf(std::ldexp(1.0F, -25)), 0);
  EXPECT_EQ(ToHalf(std::ldexp(1.5F, -25)), 1);
  EXPECT_EQ(ToBfloat16(1 + std::ldexp(1.0F, -8)), 0x3f80);
  EXPECT_EQ(ToBfloat16(1 + std::ldexp(3.0F, -8)), 0x3f82);
  EXPECT_EQ(FromBfloat16(0x3f80), 1);
  EXPECT_TRUE(std::isnan(FromBfloat16(ToBfloat16(std::nanf("")))));
}

}  // namespace
}  // namespace sconce::load

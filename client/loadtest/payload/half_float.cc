#include "client/loadtest/payload/half_float.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace sconce::load {
namespace {

constexpr int kHalfMantissa = 10;
constexpr int kHalfBias = 15;
constexpr uint16_t kHalfInfinity = 0x7c00;
constexpr uint16_t kHalfNan = 0x7e00;

uint32_t BitsOf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

float FloatOf(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace

float FromHalf(uint16_t bits) {
  const float sign = bits & 0x8000 ? -1.0F : 1.0F;
  const int exponent = (bits & kHalfInfinity) >> kHalfMantissa;
  const auto mantissa = static_cast<float>(bits & 0x3ff);
  if (exponent == 31) {
    return mantissa == 0 ? sign * std::numeric_limits<float>::infinity()
                         : std::numeric_limits<float>::quiet_NaN();
  }
  const int scale = -kHalfBias - kHalfMantissa;
  if (exponent == 0) return sign * std::ldexp(mantissa, scale + 1);
  return sign * std::ldexp(mantissa + 1024, exponent + scale);
}

uint16_t ToHalf(float value) {
  const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  if (std::isnan(value)) return sign | kHalfNan;
  const float size = std::abs(value);
  if (size >= 65520) return sign | kHalfInfinity;  // rounds past the largest
  int exponent = 0;
  std::frexp(size, &exponent);  // size = [0.5, 1) * 2^exponent
  // Below 2^-14 the step stays what it is there.
  const int step = (exponent < kHalfBias - 28 ? kHalfBias - 28 : exponent) - 11;
  const auto steps =
      static_cast<uint32_t>(std::nearbyint(std::ldexp(size, -step)));
  // A mantissa that rounds up to the next power of two carries over into the
  // exponent, as it should.
  if (steps < 1024) return static_cast<uint16_t>(sign | steps);
  const auto biased = static_cast<uint32_t>(step + kHalfMantissa + kHalfBias);
  return static_cast<uint16_t>(sign |
                               ((biased << kHalfMantissa) + (steps - 1024)));
}

float FromBfloat16(uint16_t bits) {
  return FloatOf(static_cast<uint32_t>(bits) << 16);
}

uint16_t ToBfloat16(float value) {
  const uint32_t bits = BitsOf(value);
  if (std::isnan(value)) return static_cast<uint16_t>(bits >> 16) | 0x40;
  const uint32_t even = (bits >> 16) & 1;
  return static_cast<uint16_t>((bits + 0x7fff + even) >> 16);
}

}  // namespace sconce::load

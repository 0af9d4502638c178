// The 16-bit floating types, of which C++ has none of its own.
#ifndef CLIENT_LOADTEST_PAYLOAD_HALF_FLOAT_H_
#define CLIENT_LOADTEST_PAYLOAD_HALF_FLOAT_H_

#include <cstdint>

namespace sconce::load {

// IEEE 754 binary16 (FP16). ToHalf rounds to the nearest, ties to even; what is
// too large becomes infinite.
float FromHalf(uint16_t bits);
uint16_t ToHalf(float value);

// The upper half of a float (BF16), rounded likewise.
float FromBfloat16(uint16_t bits);
uint16_t ToBfloat16(float value);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_PAYLOAD_HALF_FLOAT_H_

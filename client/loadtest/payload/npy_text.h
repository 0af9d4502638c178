// Numpy's texts of fixed width, as elements of BYTES.
#ifndef CLIENT_LOADTEST_PAYLOAD_NPY_TEXT_H_
#define CLIENT_LOADTEST_PAYLOAD_NPY_TEXT_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sconce::load {

inline constexpr size_t kCodePointSize = 4;

// Takes texts of `item_size` bytes each, filled up with zeros: bytes, or
// little-endian code points where `unicode` is true, which become UTF-8.
// INVALID_ARGUMENT for a number that is no code point.
// REQUIRES: `items` is a multiple of `item_size`.
absl::StatusOr<std::string> TextsToWire(absl::string_view items,
                                        size_t item_size, bool unicode);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_PAYLOAD_NPY_TEXT_H_

// Strings as the elements of a BYTES tensor.
#ifndef SERVER_TENSOR_STRINGS_H_
#define SERVER_TENSOR_STRINGS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "server/tensor/byte_chunks.h"

namespace sconce {

// On the wire each element is its length, 4 bytes little-endian, and its
// bytes, one after the other (the protocol's binary representation).

// More elements than any list of names has; each costs the model an object.
inline constexpr int64_t kMostStrings = 1'000'000;

// Whether `bytes` are exactly `count` elements of UTF-8. INVALID_ARGUMENT says
// which element is wrong and how.
absl::Status ValidateStrings(const ByteChunks& bytes, int64_t count);

// The elements. REQUIRES: ValidateStrings() is OK for some count.
std::vector<std::string> ReadStrings(const ByteChunks& bytes);

// Where element `index` begins. REQUIRES: ValidateStrings() is OK for a count
// of at least `index`.
size_t OffsetOfString(absl::Span<const uint8_t> bytes, int64_t index);

// Appends one element.
void AppendString(absl::string_view text, std::vector<uint8_t>* bytes);

bool IsUtf8(absl::string_view text);

}  // namespace sconce

#endif  // SERVER_TENSOR_STRINGS_H_

// Pickle: what a pickle describes, read without running any of it.
#ifndef SERVER_RUNTIME_ARCHIVE_PICKLE_H_
#define SERVER_RUNTIME_ARCHIVE_PICKLE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sconce {

// One value. What it holds is named by index, so that any number of values may
// share it.
struct PickleValue {
  enum class Kind : uint8_t {
    kNone,
    kBool,       // number
    kInt,        // number
    kText,       // text, also for bytes
    kGlobal,     // text: "<module> <name>" of a class or function
    kTuple,      // items
    kList,       // items, also for sets
    kDict,       // items: key, value, key, value, …
    kMade,       // items: function, arguments, state, contents (or none each)
    kReference,  // items: the persistent id; in torch's pickles, a storage
    kOther,      // float, or an integer of more than 8 bytes
  };
  // Positions in the items of kMade.
  enum Part : size_t { kFunction, kArguments, kState, kContents, kParts };

  Kind kind = Kind::kNone;
  int64_t number = 0;
  absl::string_view text;
  std::vector<uint32_t> items;
};

// The values of one pickle. Immutable after construction.
class Pickle {
 public:
  static constexpr size_t kMaxValues = 4'000'000;

  // Reads the pickle that `bytes` begins with. The texts of the result refer
  // to `bytes`. INVALID_ARGUMENT for what is no pickle, is cut short, or needs
  // more than kMaxOperations operations or `max_values` values.
  static absl::StatusOr<Pickle> Read(absl::string_view bytes,
                                     size_t max_values = kMaxValues);

  static constexpr size_t kMaxOperations = 16'000'000;

  Pickle(std::vector<PickleValue> values, uint32_t root, size_t length);

  const PickleValue& root() const { return values_[root_]; }
  const PickleValue& at(uint32_t index) const { return values_[index]; }
  const std::vector<PickleValue>& values() const { return values_; }

  // Bytes that it takes up.
  size_t length() const { return length_; }

  // The item at `position`; none when there are fewer.
  const PickleValue& Item(const PickleValue& value, size_t position) const;

  // INVALID_ARGUMENT when values are nested deeper than `limit` or hold
  // themselves: LibTorch walks them recursively.
  absl::Status CheckDepth(size_t limit) const;

 private:
  std::vector<PickleValue> values_;
  uint32_t root_;
  size_t length_;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_ARCHIVE_PICKLE_H_

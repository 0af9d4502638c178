#include "server/runtime/archive/pickle.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "server/runtime/archive/archive_kind.h"
#include "server/runtime/archive/pickle_machine.h"

namespace sconce {
namespace {

// A value on the way down, and which of its items comes next.
struct Step {
  uint32_t value;
  size_t next;
};

constexpr uint32_t kUnseen = 0;
constexpr uint32_t kOnTheWay = UINT32_MAX;

}  // namespace

absl::StatusOr<Pickle> Pickle::Read(absl::string_view bytes,
                                    size_t max_values) {
  return PickleMachine(bytes, max_values).Run();
}

Pickle::Pickle(std::vector<PickleValue> values, uint32_t root, size_t length)
    : values_(std::move(values)), root_(root), length_(length) {}

const PickleValue& Pickle::Item(const PickleValue& value,
                                size_t position) const {
  static const PickleValue* const none = new PickleValue;
  return position < value.items.size() ? at(value.items[position]) : *none;
}

// Depth first with a stack of its own. `depth` is that of a value with all it
// holds, once known.
absl::Status Pickle::CheckDepth(size_t limit) const {
  std::vector<uint32_t> depth(values_.size(), kUnseen);
  std::vector<Step> way = {{root_, 0}};
  depth[root_] = kOnTheWay;
  while (!way.empty()) {
    Step& step = way.back();
    const std::vector<uint32_t>& items = values_[step.value].items;
    if (step.next < items.size()) {
      const uint32_t item = items[step.next++];
      if (depth[item] == kOnTheWay) {
        return DamagedFile("a pickle has a value that holds itself");
      }
      if (depth[item] == kUnseen) {
        depth[item] = kOnTheWay;
        way.push_back({item, 0});
      }
      continue;
    }
    uint32_t deepest = 0;
    for (const uint32_t item : items) deepest = std::max(deepest, depth[item]);
    depth[step.value] = deepest + 1;
    if (depth[step.value] > limit) {
      return DamagedFile(absl::StrCat("a pickle nests its values deeper than ",
                                      limit, " levels"));
    }
    way.pop_back();
  }
  return absl::OkStatus();
}

}  // namespace sconce

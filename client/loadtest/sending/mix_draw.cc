#include "client/loadtest/sending/mix_draw.h"

#include <algorithm>
#include <cmath>

namespace sconce::load {

MixDraw::MixDraw(const Mix& mix, uint64_t seed)
    : generator_(seed), turns_(mix.size()) {
  double sum = 0;
  for (const MixEntry& entry : mix) {
    by_name_.emplace(entry.name, upper_.size());
    upper_.push_back(sum += entry.weight);
    payloads_.push_back(entry.payloads.size());
  }
}

Choice MixDraw::Next(const std::string& name) {
  const auto named = name.empty() ? by_name_.end() : by_name_.find(name);
  Choice choice;
  choice.entry = named == by_name_.end() ? Draw() : named->second;
  size_t& turn = turns_[choice.entry];
  choice.payload = turn;
  turn = (turn + 1) % payloads_[choice.entry];
  return choice;
}

size_t MixDraw::Draw() {
  if (upper_.size() == 1) return 0;
  // Our own, for the library's distributions differ between machines.
  const double uniform =
      std::ldexp(static_cast<double>(generator_() >> 11), -53);
  const auto found =
      std::upper_bound(upper_.begin(), upper_.end(), uniform * upper_.back());
  return std::min<size_t>(found - upper_.begin(), upper_.size() - 1);
}

}  // namespace sconce::load

// MixDraw: decides what the next request is.
#ifndef CLIENT_LOADTEST_SENDING_MIX_DRAW_H_
#define CLIENT_LOADTEST_SENDING_MIX_DRAW_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "client/loadtest/payload/mix.h"

namespace sconce::load {

// Indices into the mix and into the payloads of its entry.
struct Choice {
  size_t entry = 0;
  size_t payload = 0;
};

// Entries are drawn by their weights, payloads of an entry take turns. The same
// row for the same seed. One thread at a time.
class MixDraw {
 public:
  MixDraw(const Mix& mix, uint64_t seed);

  // `name`: of the entry, from a trace; "" draws one. A name that the mix does
  // not have counts as "".
  Choice Next(const std::string& name = "");

 private:
  size_t Draw();

  std::mt19937_64 generator_;
  std::vector<double> upper_;     // sums of the weights up to each entry
  std::vector<size_t> payloads_;  // how many each entry has
  std::vector<size_t> turns_;     // next payload of each entry
  absl::flat_hash_map<std::string, size_t> by_name_;
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_SENDING_MIX_DRAW_H_

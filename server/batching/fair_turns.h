// FairTurns: whose turn it is on the lanes, by start-time fair queueing.
#ifndef SERVER_BATCHING_FAIR_TURNS_H_
#define SERVER_BATCHING_FAIR_TURNS_H_

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "server/base/clock.h"

namespace sconce {

// One model's share of the lanes. FairTurns reads and writes it.
class FairShare {
 public:
  // While others want the lanes, too, this one gets `weight` times the lane
  // time of one with weight 1. REQUIRES: weight >= 1.
  explicit FairShare(int64_t weight = 1) : weight_(weight) {}

  int64_t weight() const { return weight_; }

 private:
  template <typename Client>
  friend class FairTurns;
  const int64_t weight_;
  // In virtual time: when what it asked for so far is over.
  MonoDuration finish_ = MonoDuration::zero();
};

// Turns that should come earlier or later than others of their share.
enum class Urgency { kHigh, kNormal, kLow };

// What is asked for. Several may ask on one share.
struct Turn {
  std::shared_ptr<FairShare> share;
  MonoDuration cost = MonoDuration::zero();  // predicted lane time
  Urgency urgency = Urgency::kNormal;
};

// Each share gets lane time by its weight as long as it wants it; one that asks
// rarely goes before those that ask for more than their share (P. Goyal,
// H. Vin, H. Cheng, "Start-time Fair Queueing", SIGCOMM 1996). A turn begins
// in virtual time when its share's turns before it end, but not before the
// turn that was taken last; the earliest one is next. An urgent turn counts as
// 100 ms of lane time earlier: it overtakes, and yet neither gets more than its
// share nor starves others. Not thread-safe.
template <typename Client>
class FairTurns {
 public:
  static constexpr MonoDuration kHeadStart = std::chrono::milliseconds(100);

  // What is left when a turn was taken.
  struct Taken {
    Client client;
    Turn turn;
  };

  void Push(Client client, Turn turn) {
    const MonoDuration start = std::max(now_, turn.share->finish_);
    turn.share->finish_ = start + turn.cost / turn.share->weight();
    const MonoDuration key = start + Offset(turn.urgency);
    turns_.emplace(key, Entry{start, {std::move(client), std::move(turn)}});
  }

  // REQUIRES: !empty().
  Taken Pop() {
    auto next = turns_.extract(turns_.begin());
    // A turn that overtook others does not take them along.
    now_ = std::max(now_, std::min(next.key(), next.mapped().start));
    return std::move(next.mapped().taken);
  }

  // The turn took that long, and not what was predicted.
  void Correct(const Turn& turn, MonoDuration took) {
    turn.share->finish_ += (took - turn.cost) / turn.share->weight();
  }

  bool empty() const { return turns_.empty(); }

 private:
  struct Entry {
    MonoDuration start;
    Taken taken;
  };

  static MonoDuration Offset(Urgency urgency) {
    if (urgency == Urgency::kHigh) return -kHeadStart;
    return urgency == Urgency::kLow ? kHeadStart : MonoDuration::zero();
  }

  MonoDuration now_ = MonoDuration::zero();   // virtual
  std::multimap<MonoDuration, Entry> turns_;  // by when they should begin
};

}  // namespace sconce

#endif  // SERVER_BATCHING_FAIR_TURNS_H_

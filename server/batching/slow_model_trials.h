// SlowModelTrials: whether a model that seems too slow for its requests still
// is.
#ifndef SERVER_BATCHING_SLOW_MODEL_TRIALS_H_
#define SERVER_BATCHING_SLOW_MODEL_TRIALS_H_

#include "server/base/clock.h"

namespace sconce {

// What was learned while something held a model up would refuse its requests
// until other runs have taken its place, and refused requests make no runs. So
// one in 16 is let in; after each that was in time, one in half as many, until
// all are; after one that was not, one in 16 again. Not thread-safe.
class SlowModelTrials {
 public:
  // Whether the next request, whose deadline is in `left`, is let in.
  bool LetIn(MonoDuration left);

  // A run took that long: the one that was let in, or another as good.
  void Judge(MonoDuration took);

 private:
  static constexpr int kOneIn = 16;

  int one_in_ = kOneIn;
  int asked_ = 0;                             // since the last one was let in
  MonoDuration left_ = MonoDuration::zero();  // of that; zero: it was judged
};

}  // namespace sconce

#endif  // SERVER_BATCHING_SLOW_MODEL_TRIALS_H_

#include "server/batching/slow_model_trials.h"

#include <algorithm>

namespace sconce {

bool SlowModelTrials::LetIn(MonoDuration left) {
  if (++asked_ < one_in_) return false;
  asked_ = 0;
  left_ = left;
  return true;
}

void SlowModelTrials::Judge(MonoDuration took) {
  if (left_ == MonoDuration::zero()) return;
  one_in_ = took < left_ ? std::max(1, one_in_ / 2) : kOneIn;
  left_ = MonoDuration::zero();
}

}  // namespace sconce

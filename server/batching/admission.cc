#include "server/batching/admission.h"

#include <algorithm>

namespace sconce {

MonoDuration WorstCaseWait(const WorkAhead& ahead, MonoDuration batch) {
  if (ahead.lane_is_free && ahead.own == MonoDuration::zero()) {
    return MonoDuration::zero();
  }
  const MonoDuration fair_share =
      ahead.other_weights * (ahead.own + batch) / ahead.own_weight;
  // As much as waits there now may come again meanwhile.
  const MonoDuration others = std::min(2 * ahead.others, fair_share);
  // As long as work waits no lane idles: R. L. Graham, "Bounds on
  // multiprocessing timing anomalies" (1969).
  return (ahead.running + ahead.own + others) / ahead.lanes;
}

MonoDuration Lateness(const WorkAhead& ahead, MonoDuration batch,
                      MonoDuration left) {
  const MonoDuration finish = WorstCaseWait(ahead, batch) + batch;
  return finish + finish * kAdmissionMarginPercent / 100 - left;
}

}  // namespace sconce

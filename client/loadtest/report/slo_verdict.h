// SloVerdict: whether a load met its SLO.
#ifndef CLIENT_LOADTEST_REPORT_SLO_VERDICT_H_
#define CLIENT_LOADTEST_REPORT_SLO_VERDICT_H_

#include <cstdint>
#include <optional>

#include "client/loadtest/measure/run_result.h"

namespace sconce::load {

// Whether the share of the requests that the SLO asks for was good, of all that
// were due: a request that was rejected, failed or not sent has not met it.
// None without an SLO, and when there were too few requests to tell: fewer than
// 100 may miss it, and so many might have by chance (one-sided, 95 %). Those
// that the harness cancelled count as what is worse for the verdict.
std::optional<bool> SloVerdict(const RunSetup& setup, const Counts& counts);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_REPORT_SLO_VERDICT_H_

// RequestCounts: what became of the requests, added up.
#ifndef CLIENT_LOADTEST_REPORT_REQUEST_COUNTS_H_
#define CLIENT_LOADTEST_REPORT_REQUEST_COUNTS_H_

#include <cstdint>

#include "client/loadtest/measure/record.h"

namespace sconce::load {

struct RequestCounts {
  int64_t offered = 0;   // due within the window
  int64_t sent = 0;      // all but the unsent ones
  int64_t answered = 0;  // by the server, with whatever code
  int64_t lost = 0;      // given up by the client's own gRPC
  int64_t ok = 0;
  int64_t good = 0;
  int64_t rejected = 0;
};

RequestCounts CountRequests(const Counts& counts);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_REPORT_REQUEST_COUNTS_H_

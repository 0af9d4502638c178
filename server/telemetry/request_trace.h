// RequestTrace: when a request passed the stations of its way.
#ifndef SERVER_TELEMETRY_REQUEST_TRACE_H_
#define SERVER_TELEMETRY_REQUEST_TRACE_H_

#include <cstdint>

#include "server/base/clock.h"

namespace sconce {

// Written by whichever thread owns the request at that station. A time that
// was not reached stays at its default.
struct RequestTrace {
  MonoTime received;       // the whole request is in memory
  MonoTime enqueued;       // it waits for a lane
  MonoTime batch_start;    // a lane took it; its bytes are gathered
  MonoTime forward_start;  // the model runs
  MonoTime forward_end;    // the model returned
  MonoTime batch_end;      // its outputs are ready to be sent
  int64_t batch_rows = 0;  // rows of the execution it was part of

  MonoDuration Queue() const { return batch_start - enqueued; }
  MonoDuration ComputeInput() const { return forward_start - batch_start; }
  MonoDuration ComputeInfer() const { return forward_end - forward_start; }
  MonoDuration ComputeOutput() const { return batch_end - forward_end; }
};

}  // namespace sconce

#endif  // SERVER_TELEMETRY_REQUEST_TRACE_H_

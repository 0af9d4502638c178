// LoadPlan: how one load is to be made.
#ifndef CLIENT_LOADTEST_SENDING_LOAD_PLAN_H_
#define CLIENT_LOADTEST_SENDING_LOAD_PLAN_H_

#include <chrono>
#include <cstdint>
#include <string>

#include "client/loadtest/measure/run_result.h"

namespace sconce::load {

struct LoadPlan {
  using Time = std::chrono::nanoseconds;

  // Repeated in the report; the number of requests of a closed loop, the seed
  // and the SLO are taken from here.
  RunSetup setup;

  Time warmup = std::chrono::seconds(1);    // load before the window
  Time window = std::chrono::seconds(10);   // the requests due in it count
  Time timeout = std::chrono::seconds(60);  // of a request, from its due time
  int64_t max_outstanding = 200000;
  int64_t check_every = 10;  // each K-th answer of a payload
  std::string token;         // sent with each request; "": none
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_SENDING_LOAD_PLAN_H_

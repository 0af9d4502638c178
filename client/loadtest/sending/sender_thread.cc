#include "client/loadtest/sending/sender_thread.h"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

namespace sconce::load {

void PrepareSenderThread() {
  pthread_setname_np(pthread_self(), "load-sender");
  prctl(PR_SET_TIMERSLACK, 1);  // nanosecond; by default 50 us
  // A niceness would say nothing to processes of another session. Not for the
  // threads that gRPC may start from this one.
  const sched_param least{.sched_priority = sched_get_priority_min(SCHED_RR)};
  (void)sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &least);
}

}  // namespace sconce::load

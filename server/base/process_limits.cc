#include "server/base/process_limits.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>

namespace sconce {
namespace {

// A limit that is already lower stays.
void Limit(__rlimit_resource resource, rlim_t value) {
  rlimit limit = {};
  if (getrlimit(resource, &limit) != 0) return;
  limit.rlim_max = std::min(limit.rlim_max, value);
  limit.rlim_cur = std::min(limit.rlim_cur, limit.rlim_max);
  setrlimit(resource, &limit);
}

}  // namespace

void LimitProcess(const ProcessLimits& limits) {
  Limit(RLIMIT_CORE, 0);
  if (limits.cpu_seconds != 0) Limit(RLIMIT_CPU, limits.cpu_seconds);
  // Not the address space: LibTorch maps gigabytes that nobody touches.
  if (limits.data_bytes != 0) Limit(RLIMIT_DATA, limits.data_bytes);
  std::ofstream("/proc/self/oom_score_adj") << 1000;
}

void EndWithParent(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // It may have ended before.
  if (getppid() != parent) _exit(EXIT_FAILURE);
}

}  // namespace sconce

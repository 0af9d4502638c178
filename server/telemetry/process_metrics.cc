#include "server/telemetry/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "server/telemetry/metric_families.h"

namespace sconce {
namespace {

using Families = std::vector<prometheus::MetricFamily>;

double SecondsOf(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + time.tv_nsec * 1e-9;
}

void AddMemory(Families* families) {
  std::ifstream file("/proc/self/statm");
  double all = 0;
  double resident = 0;
  if (!(file >> all >> resident)) return;
  const double page = static_cast<double>(sysconf(_SC_PAGESIZE));
  families->push_back(GaugeOf("process_virtual_memory_bytes",
                              "Virtual memory of the server process.",
                              all * page));
  families->push_back(GaugeOf("process_resident_memory_bytes",
                              "Memory of the server process that is in RAM.",
                              resident * page));
}

void AddDescriptors(Families* families) {
  std::error_code error;
  double open = -1;  // the one that reads the folder
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), end;
       !error && it != end; it.increment(error)) {
    ++open;
  }
  rlimit limit{};
  if (error || getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  families->push_back(
      GaugeOf("process_open_fds", "File descriptors that are open.", open));
  families->push_back(GaugeOf("process_max_fds",
                              "File descriptors that may be open.",
                              static_cast<double>(limit.rlim_cur)));
}

// Unix time; 0 where /proc does not tell. Field 22 of stat counts ticks since
// the machine's start; those before it are behind the name's bracket.
double ReadStart() {
  std::ifstream file("/proc/self/stat");
  std::string field;
  while (file >> field && field.back() != ')') {
  }
  for (int i = 3; i <= 22; ++i) file >> field;
  if (!file) return 0;
  const double up = std::stod(field) / sysconf(_SC_CLK_TCK);
  return SecondsOf(CLOCK_REALTIME) - SecondsOf(CLOCK_BOOTTIME) + up;
}

// Read once: it must not move when somebody sets the clock.
void AddStart(Families* families) {
  static const double start = ReadStart();
  if (start <= 0) return;
  families->push_back(GaugeOf("process_start_time_seconds",
                              "Unix time at which the process began.", start));
}

}  // namespace

Families ProcessMetrics() {
  Families families = {CounterOf("process_cpu_seconds_total",
                                 "User and system CPU time of the process.",
                                 SecondsOf(CLOCK_PROCESS_CPUTIME_ID))};
  AddMemory(&families);
  AddDescriptors(&families);
  AddStart(&families);
  return families;
}

}  // namespace sconce

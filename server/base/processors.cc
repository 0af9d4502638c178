#include "server/base/processors.h"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

namespace sconce {
namespace {

int ProcessorsOfAffinityMask() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (sched_getaffinity(0, sizeof(mask), &mask) != 0) return 1;
  return CPU_COUNT(&mask);
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file),
          std::istreambuf_iterator<char>()};
}

// The quota of one cgroup, in the words of either version.
std::optional<int> QuotaOf(const std::string& folder) {
  if (const auto quota = ProcessorsOfCpuMax(ReadAll(folder + "/cpu.max"))) {
    return quota;
  }
  return ProcessorsOfCpuMax(ReadAll(folder + "/cpu.cfs_quota_us") + " " +
                            ReadAll(folder + "/cpu.cfs_period_us"));
}

// Whether `controllers`, comma-separated, has the one that sets quotas; the
// unified hierarchy names none.
bool HasQuotas(const std::string& controllers) {
  return controllers.empty() ||
         ("," + controllers + ",").find(",cpu,") != std::string::npos;
}

}  // namespace

// A line is ID:CONTROLLERS:PATH.
std::optional<int> ProcessorsOfCgroups(const std::string& membership,
                                       const std::string& root) {
  std::optional<int> least;
  std::istringstream lines(membership + "\n0::/\n1:cpu:/\n");
  for (std::string line; std::getline(lines, line);) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (!HasQuotas(controllers)) continue;
    const std::string base = root + (controllers.empty() ? "" : "/cpu");
    std::string path = line.substr(second + 1);
    for (;; path.resize(path.rfind('/'))) {
      const auto quota = QuotaOf(base + path);
      if (quota) least = std::min(least.value_or(*quota), *quota);
      if (path.rfind('/') == std::string::npos) break;
    }
  }
  return least;
}

std::optional<int> ProcessorsOfCpuMax(const std::string& text) {
  std::istringstream in(text);
  double quota = 0;
  double period = 0;
  if (!(in >> quota >> period) || quota <= 0 || period <= 0) {
    return std::nullopt;
  }
  return static_cast<int>((quota + period - 1) / period);
}

int UsableProcessors() {
  // In a container the own cgroup is mounted as the root of the hierarchy, and
  // the path in the list may be one that only the host has.
  const auto quota =
      ProcessorsOfCgroups(ReadAll("/proc/self/cgroup"), "/sys/fs/cgroup");
  const int mask = ProcessorsOfAffinityMask();
  return std::max(1, quota ? std::min(*quota, mask) : mask);
}

}  // namespace sconce

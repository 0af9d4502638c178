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

std::string ReadAll(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file),
          std::istreambuf_iterator<char>()};
}

}  // namespace

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
  // In a container the own cgroup is mounted as the root of the hierarchy.
  const auto quota = ProcessorsOfCpuMax(ReadAll("/sys/fs/cgroup/cpu.max"));
  const int mask = ProcessorsOfAffinityMask();
  return std::max(1, quota ? std::min(*quota, mask) : mask);
}

}  // namespace sconce

// How many processors the process may use.
#ifndef SERVER_BASE_PROCESSORS_H_
#define SERVER_BASE_PROCESSORS_H_

#include <optional>
#include <string>

namespace sconce {

// The affinity mask (which a cpuset sets) and the CPU quotas of the process's
// cgroup and of those above it, whichever allows least; at least 1. A quota of
// 1.5 processors counts as 2. What is changed later is not noticed.
int UsableProcessors();

// The least quota, in processors rounded up, of the cgroups that `membership`,
// the text of /proc/self/cgroup, names below `root`, the mounted hierarchy (v2
// or v1); nothing where there is no limit.
std::optional<int> ProcessorsOfCgroups(const std::string& membership,
                                       const std::string& root);

// Processors granted by the text of cgroup v2's cpu.max ("150000 100000"),
// rounded up; nothing for "max" or text of another form.
std::optional<int> ProcessorsOfCpuMax(const std::string& text);

}  // namespace sconce

#endif  // SERVER_BASE_PROCESSORS_H_

// How many processors the process may use.
#ifndef SERVER_BASE_PROCESSORS_H_
#define SERVER_BASE_PROCESSORS_H_

#include <optional>
#include <string>

namespace sconce {

// The affinity mask and the cgroup's CPU quota (a container's limit), whichever
// allows less; at least 1. A quota of 1.5 processors counts as 2.
int UsableProcessors();

// Processors granted by the text of cgroup v2's cpu.max ("150000 100000"),
// rounded up; nothing for "max" or text of another form.
std::optional<int> ProcessorsOfCpuMax(const std::string& text);

}  // namespace sconce

#endif  // SERVER_BASE_PROCESSORS_H_

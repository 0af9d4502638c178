// RunForkLoop: the process of a ForkServer.
#ifndef SERVER_BASE_FORK_LOOP_H_
#define SERVER_BASE_FORK_LOOP_H_

#include <functional>
#include <string>
#include <vector>

namespace sconce {

// What a child does; it ends with this exit code.
using ForkMain = std::function<int(const std::vector<std::string>& arguments)>;

// Forks a child for each request that comes on `socket`, and answers when the
// child has ended. Returns when the other end of `socket` is closed; then the
// process should end, and its children are killed with it. A child begins like
// a program that Spawn() starts, with the request's report as
// kReportDescriptor. REQUIRES: the process has one thread, this, and no other
// descriptor above `socket`.
void RunForkLoop(int socket, const ForkMain& main);

}  // namespace sconce

#endif  // SERVER_BASE_FORK_LOOP_H_

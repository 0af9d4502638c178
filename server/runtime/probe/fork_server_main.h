// The process that starts models' test processes: `sconce-server fork-server`.
#ifndef SERVER_RUNTIME_PROBE_FORK_SERVER_MAIN_H_
#define SERVER_RUNTIME_PROBE_FORK_SERVER_MAIN_H_

namespace sconce {

inline constexpr char kForkServerCommand[] = "fork-server";

// Loads and starts LibTorch, and forks a child for each command of the server's
// ForkServer; the command's first argument says what the child does. Returns
// the process's exit code when the server is gone, or when no server started
// the process. REQUIRES: there is no other thread.
int RunForkServer();

}  // namespace sconce

#endif  // SERVER_RUNTIME_PROBE_FORK_SERVER_MAIN_H_

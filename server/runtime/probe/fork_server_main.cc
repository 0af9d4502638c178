#include "server/runtime/probe/fork_server_main.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/types/span.h"

#include "server/base/fork_loop.h"
#include "server/base/spawn_process.h"
#include "server/base/thread.h"
#include "server/runtime/probe/inspect_child.h"
#include "server/runtime/probe/probe_child.h"
#include "server/runtime/torch_process.h"
#include "server/runtime/torch_rehearsal.h"

namespace sconce {
namespace {

constexpr int kBadArguments = 2;

bool IsStartedByServer() {
  int type = 0;
  socklen_t length = sizeof type;
  return getsockopt(kSpawnedDescriptor, SOL_SOCKET, SO_TYPE, &type, &length) ==
             0 &&
         type == SOCK_SEQPACKET;
}

int BeChild(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return kBadArguments;
  const auto rest = absl::MakeConstSpan(arguments).subspan(1);
  if (arguments[0] == kProbeCommand) return RunProbeChild(rest);
  if (arguments[0] == kInspectCommand) return RunInspectChild(rest);
  return kBadArguments;
}

}  // namespace

int RunForkServer() {
  if (!IsStartedByServer()) {
    std::fprintf(stderr,
                 "sconce-server: fork-server is what the server starts itself "
                 "with to try models out; see --help\n");
    return kBadArguments;
  }
  prctl(PR_SET_NAME, "sconce-fork");
  Thread::LowerCurrentPriority();
  InitTorchProcess();
  RehearseLoad();
  RunForkLoop(kSpawnedDescriptor, BeChild);
  // LibTorch's own teardown takes half a second.
  _exit(EXIT_SUCCESS);
}

}  // namespace sconce

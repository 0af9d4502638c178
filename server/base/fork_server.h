// ForkServer: starts processes that are ready to work at once.
#ifndef SERVER_BASE_FORK_SERVER_H_
#define SERVER_BASE_FORK_SERVER_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "server/base/child_process.h"
#include "server/base/clock.h"
#include "server/base/mutex.h"

namespace sconce {

// Starts a program once, when it is first needed, which makes itself ready and
// calls RunForkLoop() on kSpawnedDescriptor; each Run() is a fork of it. The
// program keeps one thread, as a process with threads cannot be forked safely.
// It ends with this process, and with the ForkServer. Thread-safe.
class ForkServer {
 public:
  struct Options {
    // The program that runs, even if its file was replaced meanwhile.
    std::string program = "/proc/self/exe";
    std::vector<std::string> arguments;  // from its own name on
    // How long it may take to answer when it was told to kill a child.
    MonoDuration answer_time = std::chrono::seconds(30);
  };

  explicit ForkServer(Options options);
  // REQUIRES: no Run() any more.
  ~ForkServer();
  ForkServer(const ForkServer&) = delete;
  ForkServer& operator=(const ForkServer&) = delete;

  // Runs `command` in a fork of the program and waits until it is gone; it is
  // killed when its time is over, and when it closes its report and goes on.
  // When the program dies meanwhile it is started again and the command is run
  // once more. An error says why no child could be started. Blocks.
  absl::StatusOr<ChildEnd> Run(const ChildCommand& command)
      ABSL_LOCKS_EXCLUDED(mu_);

 private:
  class Process;

  // The process that runs, or a new one.
  absl::StatusOr<std::shared_ptr<Process>> GetProcess()
      ABSL_LOCKS_EXCLUDED(mu_);
  // `process` does not answer any more.
  void Discard(const std::shared_ptr<Process>& process)
      ABSL_LOCKS_EXCLUDED(mu_);
  // Nothing when `process` died.
  absl::StatusOr<std::optional<ChildEnd>> RunIn(const Process& process,
                                                const ChildCommand& command);

  const Options options_;

  Mutex mu_;
  // Shared with those who wait for an answer of it; the last reaps it.
  std::shared_ptr<Process> process_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sconce

#endif  // SERVER_BASE_FORK_SERVER_H_

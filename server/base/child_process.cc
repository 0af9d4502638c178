#include "server/base/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <utility>

#include "absl/strings/string_view.h"

#include "server/base/status_macros.h"

namespace sconce {
namespace {

// No other child gets either end.
class Pipe {
 public:
  Pipe() {
    if (pipe2(ends_, O_CLOEXEC) != 0) ends_[0] = ends_[1] = -1;
  }
  ~Pipe() {
    CloseEnd(0);
    CloseEnd(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  bool is_open() const { return ends_[0] >= 0; }
  int read_end() const { return ends_[0]; }
  int write_end() const { return ends_[1]; }
  void CloseWriteEnd() { CloseEnd(1); }

 private:
  void CloseEnd(int i) {
    if (ends_[i] >= 0) close(std::exchange(ends_[i], -1));
  }

  int ends_[2];
};

// What the child begins with, besides its arguments.
class SpawnSettings {
 public:
  explicit SpawnSettings(int report) {
    posix_spawn_file_actions_init(&files_);
    // First of all: the pipe may have one of the numbers below.
    posix_spawn_file_actions_adddup2(&files_, report, kReportDescriptor);
    posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null",
                                     O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files_, STDOUT_FILENO, "/dev/null",
                                     O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&files_, kReportDescriptor + 1);
    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    // A Ctrl-C is for the server, which may want to go on for a while.
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK |
                                               POSIX_SPAWN_SETSIGDEF |
                                               POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  const posix_spawn_file_actions_t* files() const { return &files_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t files_;
  posix_spawnattr_t attributes_;
};

// Not fork(): another thread may hold a lock that the copy would wait for.
absl::StatusOr<pid_t> Spawn(const ChildCommand& command, int report) {
  std::vector<char*> arguments;
  for (const std::string& argument : command.arguments) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  const SpawnSettings settings(report);
  pid_t pid = -1;
  const int error =
      posix_spawn(&pid, command.program.c_str(), settings.files(),
                  settings.attributes(), arguments.data(), environ);
  if (error == 0) return pid;
  return absl::ErrnoToStatus(error, "a process could not be started");
}

int MillisecondsUntil(MonoTime deadline) {
  if (deadline == kNoDeadline) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(
      deadline - Clock::Real()->Now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, INT_MAX));
}

// Waits for something to read; false when the time was over first.
bool WaitForInput(int descriptor, MonoTime deadline) {
  pollfd waiting = {descriptor, POLLIN, 0};
  int ready = -1;
  do {
    ready = poll(&waiting, 1, MillisecondsUntil(deadline));
  } while (ready < 0 && errno == EINTR);
  return ready != 0;
}

// Reads to the end of the report, which comes with the end of the child at the
// latest; false when the time was over first.
bool ReadReport(int descriptor, MonoTime deadline, size_t limit,
                std::string* report) {
  char buffer[4096];
  while (WaitForInput(descriptor, deadline)) {
    const ssize_t got = read(descriptor, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    report->append(buffer,
                   std::min(static_cast<size_t>(got), limit - report->size()));
  }
  return false;
}

void Reap(pid_t pid, ChildEnd* end) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) end->signal = WTERMSIG(status);
  if (WIFEXITED(status)) end->exit_code = WEXITSTATUS(status);
}

}  // namespace

absl::StatusOr<ChildEnd> RunChild(const ChildCommand& command) {
  Pipe pipe;
  if (!pipe.is_open()) return absl::ErrnoToStatus(errno, "no pipe for a child");
  const MonoTime deadline = command.timeout == MonoDuration::zero()
                                ? kNoDeadline
                                : Clock::Real()->Now() + command.timeout;
  ASSIGN_OR_RETURN(const pid_t pid, Spawn(command, pipe.write_end()));
  pipe.CloseWriteEnd();
  ChildEnd end;
  end.timed_out = !ReadReport(pipe.read_end(), deadline,
                              command.max_report_bytes, &end.report);
  // The kernel closes the report when the process already ends: then this
  // changes nothing. It ends one that closed it and goes on.
  kill(pid, SIGKILL);
  Reap(pid, &end);
  return end;
}

}  // namespace sconce

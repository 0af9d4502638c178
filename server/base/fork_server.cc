#include "server/base/fork_server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <utility>

#include "server/base/file_descriptor.h"
#include "server/base/fork_message.h"
#include "server/base/spawn_process.h"
#include "server/base/status_macros.h"

namespace sconce {
namespace {

constexpr int kTries = 2;

// Two ends of a pipe or a socket. No spawned program gets either.
struct Ends {
  FileDescriptor ours;
  FileDescriptor theirs;
};

absl::StatusOr<Ends> MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) == 0) {
    return Ends{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
  }
  return absl::ErrnoToStatus(errno, "no pipe for a child");
}

absl::StatusOr<Ends> MakeSocket() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0) {
    return Ends{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
  }
  return absl::ErrnoToStatus(errno, "no socket for a child");
}

MonoTime DeadlineAfter(MonoDuration timeout) {
  return timeout == MonoDuration::zero() ? kNoDeadline
                                         : Clock::Real()->Now() + timeout;
}

int MillisecondsUntil(MonoTime deadline) {
  if (deadline == kNoDeadline) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(
      deadline - Clock::Real()->Now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, INT_MAX));
}

// Waits for something to read; false when the time was over first.
bool WaitForInput(const FileDescriptor& descriptor, MonoTime deadline) {
  pollfd waiting = {descriptor.get(), POLLIN, 0};
  int ready = -1;
  do {
    ready = poll(&waiting, 1, MillisecondsUntil(deadline));
  } while (ready < 0 && errno == EINTR);
  return ready != 0;
}

// Reads to the end of the report, which comes with the end of the child at the
// latest; false when the time was over first.
bool ReadReport(const FileDescriptor& pipe, MonoTime deadline, size_t limit,
                std::string* report) {
  char buffer[4096];
  while (WaitForInput(pipe, deadline)) {
    const ssize_t got = read(pipe.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    report->append(buffer,
                   std::min(static_cast<size_t>(got), limit - report->size()));
  }
  return false;
}

std::optional<ForkAnswer> ReadAnswer(const FileDescriptor& control,
                                     MonoTime deadline) {
  if (!WaitForInput(control, deadline)) return std::nullopt;
  ForkAnswer answer;
  const ssize_t got = recv(control.get(), &answer, sizeof answer, 0);
  if (got != sizeof answer) return std::nullopt;
  return answer;
}

}  // namespace

// The program that was started. Thread-safe.
class ForkServer::Process {
 public:
  Process(pid_t pid, FileDescriptor socket)
      : pid_(pid), socket_(std::move(socket)) {}
  ~Process() {
    Kill();
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  const FileDescriptor& socket() const { return socket_; }

  // Its children end with it. Nobody else has its number before the reaping.
  void Kill() const { kill(pid_, SIGKILL); }

 private:
  const pid_t pid_;
  const FileDescriptor socket_;
};

ForkServer::ForkServer(Options options) : options_(std::move(options)) {}

ForkServer::~ForkServer() = default;

absl::StatusOr<ChildEnd> ForkServer::Run(const ChildCommand& command) {
  for (int i = 0; i < kTries; ++i) {
    ASSIGN_OR_RETURN(const auto process, GetProcess());
    ASSIGN_OR_RETURN(auto end, RunIn(*process, command));
    if (end) return *std::move(end);
    Discard(process);
  }
  return absl::UnavailableError(
      "the process that starts test processes ended, and ended again when it "
      "was started anew; the server's standard error may tell why");
}

absl::StatusOr<std::shared_ptr<ForkServer::Process>> ForkServer::GetProcess() {
  MutexLock lock(&mu_);
  if (process_ == nullptr) {
    ASSIGN_OR_RETURN(Ends socket, MakeSocket());
    ASSIGN_OR_RETURN(
        const pid_t pid,
        Spawn(options_.program, options_.arguments, socket.theirs.get()));
    process_ = std::make_shared<Process>(pid, std::move(socket.ours));
  }
  return process_;
}

void ForkServer::Discard(const std::shared_ptr<Process>& process) {
  process->Kill();
  MutexLock lock(&mu_);
  if (process_ == process) process_ = nullptr;
}

absl::StatusOr<std::optional<ChildEnd>> ForkServer::RunIn(
    const Process& process, const ChildCommand& command) {
  const MonoTime deadline = DeadlineAfter(command.timeout);
  ASSIGN_OR_RETURN(Ends report, MakePipe());
  ASSIGN_OR_RETURN(Ends control, MakeSocket());
  ASSIGN_OR_RETURN(FileDescriptor arguments, WriteArguments(command.arguments));
  {
    // Closed at the end, as the child is to have the only copies.
    const ForkRequest request = {std::move(arguments), std::move(report.theirs),
                                 std::move(control.theirs)};
    if (!SendForkRequest(process.socket().get(), request).ok()) {
      return std::nullopt;
    }
  }
  ChildEnd end;
  end.timed_out =
      !ReadReport(report.ours, deadline, command.max_report_bytes, &end.report);
  // The kernel closes the report when the child already ends: then this changes
  // nothing. It ends one that closed it and goes on.
  shutdown(control.ours.get(), SHUT_WR);
  const auto answer =
      ReadAnswer(control.ours, DeadlineAfter(options_.answer_time));
  if (!answer) return std::nullopt;
  if (answer->error != 0) {
    return absl::ErrnoToStatus(answer->error, "a process could not be started");
  }
  const int status = answer->wait_status;
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
  return end;
}

}  // namespace sconce

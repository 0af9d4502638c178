#include "server/base/fork_loop.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "server/base/child_process.h"
#include "server/base/fork_message.h"
#include "server/base/process_limits.h"

namespace sconce {
namespace {

// The answer's reader may be gone; nothing is to be done about it.
void Answer(const FileDescriptor& control, const ForkAnswer& answer) {
  static_cast<void>(send(control.get(), &answer, sizeof answer, MSG_NOSIGNAL));
}

void SetSignals(int how, int signal) {
  sigset_t signals;
  sigemptyset(&signals);
  if (signal != 0) sigaddset(&signals, signal);
  sigprocmask(how, &signals, nullptr);
}

// SIGCHLD only comes in ppoll(), so that none is missed before it.
void WaitForChildrenInPollOnly() {
  SetSignals(SIG_BLOCK, SIGCHLD);
  std::signal(SIGCHLD, [](int) {});
}

class ForkLoop {
 public:
  ForkLoop(int socket, const ForkMain& main) : socket_(socket), main_(main) {}

  void Run() {
    WaitForChildrenInPollOnly();
    while (true) {
      const std::vector<pollfd> polled = Poll();
      Reap();
      KillUnwanted(polled);
      if (polled[0].revents == 0) continue;
      auto request = ReceiveForkRequest(socket_);
      if (!request) return;
      Start(*std::move(request));
    }
  }

 private:
  struct Child {
    pid_t pid;
    FileDescriptor control;
    bool killed = false;
  };

  // The socket, then each child's control.
  std::vector<pollfd> Poll() const {
    std::vector<pollfd> polled = {{socket_, POLLIN, 0}};
    for (const Child& child : children_) {
      const int watched = child.killed ? -1 : child.control.get();
      polled.push_back({watched, POLLRDHUP, 0});
    }
    sigset_t none;
    sigemptyset(&none);
    if (ppoll(polled.data(), polled.size(), nullptr, &none) < 0) {
      for (pollfd& one : polled) one.revents = 0;
    }
    return polled;
  }

  void Reap() {
    ForkAnswer answer;
    pid_t pid = 0;
    while ((pid = waitpid(-1, &answer.wait_status, WNOHANG)) > 0) {
      const auto child =
          std::find_if(children_.begin(), children_.end(),
                       [pid](const Child& one) { return one.pid == pid; });
      if (child == children_.end()) continue;
      Answer(child->control, answer);
      child->pid = 0;
    }
  }

  // Those whose control was shut down. Then forgets those that are gone.
  void KillUnwanted(const std::vector<pollfd>& polled) {
    for (size_t i = 0; i < children_.size(); ++i) {
      Child& child = children_[i];
      if (child.pid == 0 || polled[i + 1].revents == 0) continue;
      // One that already ends is not changed by it.
      kill(child.pid, SIGKILL);
      child.killed = true;
    }
    children_.erase(
        std::remove_if(children_.begin(), children_.end(),
                       [](const Child& child) { return child.pid == 0; }),
        children_.end());
  }

  void Start(ForkRequest request) {
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid == 0) BeChild(request, parent);
    if (pid > 0) {
      children_.push_back({pid, std::move(request.control)});
    } else {
      Answer(request.control, {.error = errno});
    }
  }

  [[noreturn]] void BeChild(const ForkRequest& request, pid_t parent) const {
    EndWithParent(parent);
    setpgid(0, 0);
    std::signal(SIGCHLD, SIG_DFL);
    SetSignals(SIG_SETMASK, 0);
    const auto arguments = ReadArguments(request.arguments);
    dup2(request.report.get(), kReportDescriptor);
    close_range(kReportDescriptor + 1, ~0U, 0);
    _exit(main_(arguments));
  }

  const int socket_;
  const ForkMain& main_;
  std::vector<Child> children_;
};

}  // namespace

void RunForkLoop(int socket, const ForkMain& main) {
  ForkLoop(socket, main).Run();
}

}  // namespace sconce

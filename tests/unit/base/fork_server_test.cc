#include "server/base/fork_server.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "server/base/fork_loop.h"
#include "server/base/spawn_process.h"
#include "server/base/thread.h"

namespace sconce {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kCommand[] = "fork-server";

// Runs a script, or reports the lengths of all arguments but the first.
int BeChild(const std::vector<std::string>& arguments) {
  if (arguments.size() == 1) {
    return execl("/bin/sh", "sh", "-c", arguments[0].c_str(), nullptr);
  }
  for (size_t i = 1; i < arguments.size(); ++i) {
    dprintf(kReportDescriptor, "%zu,", arguments[i].size());
  }
  return EXIT_SUCCESS;
}

// This program is its own fork server: started with kCommand, it does not get
// as far as main().
__attribute__((constructor)) void BeForkServer(int argc, char** argv) {
  if (argc != 2 || std::string(argv[1]) != kCommand) return;
  RunForkLoop(kSpawnedDescriptor, BeChild);
  _exit(EXIT_SUCCESS);
}

ChildCommand Shell(const std::string& script) {
  return {.arguments = {script}};
}

bool HasNoChild() {
  return waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD;
}

class ForkServerTest : public ::testing::Test {
 protected:
  // How `command` ended; fails the test when it did not start.
  ChildEnd EndOf(const ChildCommand& command) {
    const auto end = server_.Run(command);
    EXPECT_TRUE(end.ok()) << end.status();
    return end.ok() ? *end : ChildEnd();
  }
  ChildEnd EndOf(const std::string& script) { return EndOf(Shell(script)); }

  // Children of the fork server that are left, ended or not.
  std::string Left() {
    return EndOf(
               "for p in $(cat /proc/$PPID/task/$PPID/children); do"
               " [ $p = $$ ] || echo $p >&3; done")
        .report;
  }

  // The signals of one of the masks in /proc/self/status that have a name; two
  // more are glibc's own.
  uint64_t MaskOfChild(const std::string& name) {
    const ChildEnd end = EndOf("grep " + name + " /proc/self/status >&3");
    const uint64_t named = (uint64_t{1} << 31) - 1;
    return std::stoull(end.report.substr(8), nullptr, 16) & named;
  }

  ForkServer server_{{.arguments = {"test", kCommand}}};
};

TEST_F(ForkServerTest, TellsTheExitCode) {
  for (const int code : {0, 1, 77}) {
    const ChildEnd end = EndOf(Shell("exit " + std::to_string(code)));
    EXPECT_EQ(end.exit_code, code);
    EXPECT_EQ(end.signal, 0);
    EXPECT_FALSE(end.timed_out);
  }
  EXPECT_EQ(Left(), "");
}

// The report ends before the process does; that must not end it otherwise.
TEST_F(ForkServerTest, TellsTheExitCodeEveryTime) {
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(EndOf("exit 5").exit_code, 5) << i;
  }
}

TEST_F(ForkServerTest, TellsTheSignalThatEndedIt) {
  EXPECT_EQ(EndOf(Shell("kill -FPE $$")).signal, SIGFPE);
  EXPECT_EQ(EndOf(Shell("kill -KILL $$")).signal, SIGKILL);
  EXPECT_EQ(Left(), "");
}

TEST_F(ForkServerTest, ReadsTheReport) {
  EXPECT_EQ(EndOf(Shell("echo one >&3; echo two >&3")).report, "one\ntwo\n");
}

TEST_F(ForkServerTest, KeepsTheReportOfOneThatCrashes) {
  const ChildEnd end = EndOf(Shell("echo one >&3; kill -SEGV $$"));
  EXPECT_EQ(end.report, "one\n");
  EXPECT_EQ(end.signal, SIGSEGV);
}

TEST_F(ForkServerTest, ALongReportIsCutAndDoesNotHinderTheChild) {
  ChildCommand command = Shell("head -c 300000 /dev/zero >&3; exit 4");
  command.max_report_bytes = 1000;
  const ChildEnd end = EndOf(command);
  EXPECT_EQ(end.report.size(), 1000u);
  EXPECT_EQ(end.exit_code, 4);
}

TEST_F(ForkServerTest, IsKilledWhenItsTimeIsOver) {
  // The shell is replaced, so that nothing is left behind.
  ChildCommand command = Shell("echo begun >&3; exec sleep 1000");
  command.timeout = std::chrono::milliseconds(200);
  const ChildEnd end = EndOf(command);
  EXPECT_TRUE(end.timed_out);
  EXPECT_EQ(end.signal, SIGKILL);
  EXPECT_EQ(Left(), "");
}

TEST_F(ForkServerTest, IsKilledWhenItClosesItsReportAndGoesOn) {
  const ChildEnd end = EndOf(Shell("exec 3>&-; exec sleep 1000"));
  EXPECT_EQ(end.signal, SIGKILL);
  EXPECT_FALSE(end.timed_out);
}

TEST_F(ForkServerTest, HasNoOtherDescriptors) {
  const int leaked = fcntl(STDERR_FILENO, F_DUPFD, 100);
  ASSERT_GE(leaked, 100);
  // Listing opens one more, the folder.
  const ChildEnd end =
      EndOf(Shell("in=$(readlink /proc/$$/fd/0); out=$(readlink /proc/$$/fd/1);"
                  "cd /proc/$$/fd; echo $in $out * >&3"));
  close(leaked);
  EXPECT_THAT(end.report, StartsWith("/dev/null /dev/null 0 1 2 3"));
  EXPECT_THAT(end.report, Not(HasSubstr(std::to_string(leaked))));
}

TEST_F(ForkServerTest, ReadsNothing) {
  EXPECT_EQ(EndOf(Shell("wc -c >&3")).report, "0\n");
}

TEST_F(ForkServerTest, BlocksAndIgnoresNoSignal) {
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto handler = std::signal(SIGPIPE, SIG_IGN);
  EXPECT_EQ(MaskOfChild("SigBlk"), 0u);
  EXPECT_EQ(MaskOfChild("SigIgn"), 0u);
  std::signal(SIGPIPE, handler);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_F(ForkServerTest, IsInAGroupOfItsOwn) {
  const ChildEnd end =
      EndOf(Shell("set -- $(cat /proc/$$/stat); "
                  "[ $1 = $5 ] && echo own >&3"));
  EXPECT_EQ(end.report, "own\n");
}

TEST_F(ForkServerTest, ArgumentsMayBeOfAnyNumberAndLength) {
  const std::string longest(1 << 20, '\xff');
  EXPECT_EQ(EndOf({.arguments = {"count", "", longest, "\n"}}).report,
            "0,1048576,1,");
}

TEST_F(ForkServerTest, IsStartedOnce) {
  const std::string first = EndOf("echo $PPID >&3").report;
  EXPECT_EQ(EndOf("echo $PPID >&3").report, first);
}

TEST_F(ForkServerTest, IsNotStartedBeforeItIsNeeded) {
  EXPECT_TRUE(HasNoChild());
}

TEST_F(ForkServerTest, EndsWithItsOwner) {
  {
    ForkServer server({.arguments = {"test", kCommand}});
    EXPECT_TRUE(server.Run(Shell("exit 0")).ok());
  }
  EXPECT_TRUE(HasNoChild());
}

TEST_F(ForkServerTest, KeepsNoDescriptors) {
  // It has those of this command until it waits again.
  const std::string count =
      "until grep -q '^State:.S' /proc/$PPID/status; do :; done;"
      " ls /proc/$PPID/fd | wc -l >&3";
  const std::string first = EndOf(count).report;
  for (int i = 0; i < 10; ++i) EndOf("exit 1");
  EXPECT_EQ(EndOf(count).report, first);
}

// The child that was in flight runs once more, in a new fork server.
TEST_F(ForkServerTest, IsStartedAgainWhenItDies) {
  const std::string mark = ::testing::TempDir() + "/mark_of_the_first";
  unlink(mark.c_str());
  const ChildEnd end = EndOf("[ -e " + mark + " ] && exit 3; touch " + mark +
                             "; kill -KILL $PPID; exec sleep 1000");
  EXPECT_EQ(end.exit_code, 3);
  unlink(mark.c_str());
}

TEST_F(ForkServerTest, DyingTwiceIsAnError) {
  const auto end =
      server_.Run(Shell("kill -KILL $PPID; exec sleep 1000")).status();
  EXPECT_EQ(end.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(EndOf("exit 4").exit_code, 4);
}

TEST_F(ForkServerTest, IsStartedAgainWhenItDiedBetweenCommands) {
  const int pid = std::stoi(EndOf("echo $PPID >&3").report);
  kill(pid, SIGKILL);
  siginfo_t info;
  waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT);
  EXPECT_EQ(EndOf("exit 4").exit_code, 4);
}

// It is stopped, so that it cannot kill the child. Not before it waits again:
// until then it has the report open, whose end would not come. And a signal may
// take a while to arrive on another core.
TEST_F(ForkServerTest, OneThatDoesNotAnswerIsKilled) {
  ForkServer server({.arguments = {"test", kCommand},
                     .answer_time = std::chrono::milliseconds(1)});
  const std::string script =
      "until grep -q '^State:.S' /proc/$PPID/status; do :; done;"
      " kill -STOP $PPID;"
      " until grep -q '^State:.T' /proc/$PPID/status; do :; done; exit 4";
  EXPECT_EQ(server.Run(Shell(script)).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(ForkServerTest, AProgramThatIsNotThereIsAnError) {
  ForkServer server({.program = "/nowhere", .arguments = {"x"}});
  EXPECT_EQ(server.Run(Shell("exit 0")).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(ForkServerTest, AProgramThatEndsAtOnceIsAnError) {
  ForkServer server({.program = "/bin/true", .arguments = {"true"}});
  EXPECT_EQ(server.Run(Shell("exit 0")).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(ForkServerTest, ManyThreadsRunTheirOwn) {
  std::vector<ChildEnd> ends(8);
  {
    std::vector<Thread> threads;
    for (size_t i = 0; i < ends.size(); ++i) {
      threads.emplace_back("child", [this, &ends, i] {
        const std::string n = std::to_string(i);
        for (int round = 0; round < 10; ++round) {
          ends[i] = EndOf(Shell("echo " + n + " >&3; exit " + n));
        }
      });
    }
  }
  for (size_t i = 0; i < ends.size(); ++i) {
    EXPECT_EQ(ends[i].report, std::to_string(i) + "\n");
    EXPECT_EQ(ends[i].exit_code, static_cast<int>(i));
  }
  EXPECT_EQ(Left(), "");
}

}  // namespace
}  // namespace sconce

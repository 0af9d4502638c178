#include "server/base/child_process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <vector>

#include "server/base/thread.h"

namespace sconce {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

ChildCommand Shell(const std::string& script) {
  return {.program = "/bin/sh", .arguments = {"sh", "-c", script}};
}

// How `command` ended; fails the test when it did not start.
ChildEnd EndOf(const ChildCommand& command) {
  const auto end = RunChild(command);
  EXPECT_TRUE(end.ok()) << end.status();
  return end.ok() ? *end : ChildEnd();
}

bool HasNoChild() {
  return waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD;
}

TEST(ChildProcessTest, TellsTheExitCode) {
  for (const int code : {0, 1, 77}) {
    const ChildEnd end = EndOf(Shell("exit " + std::to_string(code)));
    EXPECT_EQ(end.exit_code, code);
    EXPECT_EQ(end.signal, 0);
    EXPECT_FALSE(end.timed_out);
  }
  EXPECT_TRUE(HasNoChild());
}

// The report ends before the process does; that must not end it otherwise.
TEST(ChildProcessTest, TellsTheExitCodeEveryTime) {
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(EndOf(Shell("exit 5")).exit_code, 5) << i;
  }
}

TEST(ChildProcessTest, TellsTheSignalThatEndedIt) {
  EXPECT_EQ(EndOf(Shell("kill -FPE $$")).signal, SIGFPE);
  EXPECT_EQ(EndOf(Shell("kill -KILL $$")).signal, SIGKILL);
  EXPECT_TRUE(HasNoChild());
}

TEST(ChildProcessTest, ReadsTheReport) {
  EXPECT_EQ(EndOf(Shell("echo one >&3; echo two >&3")).report, "one\ntwo\n");
}

TEST(ChildProcessTest, KeepsTheReportOfOneThatCrashes) {
  const ChildEnd end = EndOf(Shell("echo one >&3; kill -SEGV $$"));
  EXPECT_EQ(end.report, "one\n");
  EXPECT_EQ(end.signal, SIGSEGV);
}

TEST(ChildProcessTest, ALongReportIsCutAndDoesNotHinderTheChild) {
  ChildCommand command = Shell("head -c 300000 /dev/zero >&3; exit 4");
  command.max_report_bytes = 1000;
  const ChildEnd end = EndOf(command);
  EXPECT_EQ(end.report.size(), 1000u);
  EXPECT_EQ(end.exit_code, 4);
}

TEST(ChildProcessTest, IsKilledWhenItsTimeIsOver) {
  // The shell is replaced, so that nothing is left behind.
  ChildCommand command = Shell("echo begun >&3; exec sleep 1000");
  command.timeout = std::chrono::milliseconds(200);
  const ChildEnd end = EndOf(command);
  EXPECT_TRUE(end.timed_out);
  EXPECT_EQ(end.signal, SIGKILL);
  EXPECT_TRUE(HasNoChild());
}

TEST(ChildProcessTest, IsKilledWhenItClosesItsReportAndGoesOn) {
  const ChildEnd end = EndOf(Shell("exec 3>&-; exec sleep 1000"));
  EXPECT_EQ(end.signal, SIGKILL);
  EXPECT_FALSE(end.timed_out);
}

TEST(ChildProcessTest, HasNoOtherDescriptors) {
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

TEST(ChildProcessTest, ReadsNothing) {
  EXPECT_EQ(EndOf(Shell("wc -c >&3")).report, "0\n");
}

// The signals of one of the masks in /proc/self/status that have a name; two
// more are glibc's own.
uint64_t MaskOfChild(const std::string& name) {
  const ChildEnd end = EndOf(Shell("grep " + name + " /proc/self/status >&3"));
  const uint64_t named = (uint64_t{1} << 31) - 1;
  return std::stoull(end.report.substr(8), nullptr, 16) & named;
}

TEST(ChildProcessTest, BlocksAndIgnoresNoSignal) {
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

TEST(ChildProcessTest, IsInAGroupOfItsOwn) {
  const ChildEnd end =
      EndOf(Shell("set -- $(cat /proc/$$/stat); "
                  "[ $1 = $5 ] && echo own >&3"));
  EXPECT_EQ(end.report, "own\n");
}

TEST(ChildProcessTest, AProgramThatIsNotThereIsAnError) {
  EXPECT_EQ(
      RunChild({.program = "/nowhere", .arguments = {"x"}}).status().code(),
      absl::StatusCode::kNotFound);
}

TEST(ChildProcessTest, ManyThreadsRunTheirOwn) {
  std::vector<ChildEnd> ends(8);
  {
    std::vector<Thread> threads;
    for (size_t i = 0; i < ends.size(); ++i) {
      threads.emplace_back("child", [&ends, i] {
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
  EXPECT_TRUE(HasNoChild());
}

}  // namespace
}  // namespace sconce

#include "server/runtime/probe/probe_verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>

namespace sconce {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kLoading[] = "{\"step\":\"loading\",\"seconds\":0.1}\n";
constexpr char kGood[] = "{\"code\":0,\"message\":\"\"}\n";

absl::Status Verdict(const ChildEnd& end) {
  return ProbeVerdict(end, std::chrono::minutes(5));
}

TEST(ProbeVerdictTest, WhatTheProcessReportedIsTheStatus) {
  EXPECT_TRUE(Verdict({.report = std::string(kLoading) + kGood}).ok());
  EXPECT_EQ(
      Verdict({.report = "{\"code\":9,\"message\":\"golden example\"}\n"}),
      absl::FailedPreconditionError("golden example"));
}

TEST(ProbeVerdictTest, ACrashIsToldWithSignalAndStep) {
  const absl::Status status = Verdict({.signal = SIGFPE, .report = kLoading});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("ended its test process with SIGFPE"),
                    HasSubstr("while loading;"), HasSubstr("division"),
                    HasSubstr("export it again")));
}

TEST(ProbeVerdictTest, ACrashBeforeTheFirstStepIsToldToo) {
  EXPECT_THAT(std::string(Verdict({.signal = SIGSEGV}).message()),
              AllOf(HasSubstr("SIGSEGV"), HasSubstr("while starting;"),
                    HasSubstr("archive is damaged")));
}

// A process that has reported and then crashes is not to be trusted.
TEST(ProbeVerdictTest, ACrashAfterTheReportIsACrash) {
  EXPECT_FALSE(Verdict({.signal = SIGSEGV, .report = kGood}).ok());
}

TEST(ProbeVerdictTest, TheKernelEndsAProcessWhenMemoryIsShort) {
  const absl::Status status = Verdict({.signal = SIGKILL, .report = kLoading});
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("SIGKILL"), HasSubstr("memory is short")));
}

TEST(ProbeVerdictTest, ASignalWithoutANameHasANumber) {
  EXPECT_THAT(std::string(Verdict({.signal = SIGRTMIN + 5}).message()),
              HasSubstr("signal "));
}

TEST(ProbeVerdictTest, TheTimeIsToldWithTheFlag) {
  const absl::Status status =
      Verdict({.signal = SIGKILL, .timed_out = true, .report = kLoading});
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("--model-probe=5m,"),
                    HasSubstr("the last step was loading")));
}

TEST(ProbeVerdictTest, AnEndWithoutAWordIsAFault) {
  const absl::Status status = Verdict({.exit_code = 127});
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()), HasSubstr("exit code 127"));
}

}  // namespace
}  // namespace sconce

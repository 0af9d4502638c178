#include "server/base/status_macros.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"

namespace sconce {
namespace {

// Counts the evaluations of the macro's argument and what runs after it.
struct Trace {
  int evaluated = 0;
  int passed = 0;
};

absl::Status Evaluate(const absl::Status& status, Trace* trace) {
  ++trace->evaluated;
  return status;
}

absl::Status ReturnIfError(const absl::Status& status, Trace* trace) {
  RETURN_IF_ERROR(Evaluate(status, trace));
  ++trace->passed;
  return absl::AlreadyExistsError("the end was reached");
}

absl::StatusOr<std::string> ReturnIfErrorFromStatusOr(
    const absl::Status& status) {
  RETURN_IF_ERROR(status);
  return "fine";
}

absl::StatusOr<std::unique_ptr<int>> MakeInt(absl::StatusOr<int> value) {
  if (!value.ok()) return value.status();
  return std::make_unique<int>(*value);
}

absl::StatusOr<int> Sum(absl::StatusOr<int> a, absl::StatusOr<int> b) {
  ASSIGN_OR_RETURN(const std::unique_ptr<int> left, MakeInt(std::move(a)));
  ASSIGN_OR_RETURN(const std::unique_ptr<int> right, MakeInt(std::move(b)));
  return *left + *right;
}

TEST(StatusMacrosTest, ReturnIfErrorGoesOnAfterOk) {
  Trace trace;
  EXPECT_TRUE(absl::IsAlreadyExists(ReturnIfError(absl::OkStatus(), &trace)));
  EXPECT_EQ(trace.passed, 1);
}

TEST(StatusMacrosTest, ReturnIfErrorReturnsTheErrorAsItIs) {
  Trace trace;
  const absl::Status error = absl::DataLossError("lost");
  EXPECT_EQ(ReturnIfError(error, &trace), error);
  EXPECT_EQ(trace.passed, 0);
}

TEST(StatusMacrosTest, ReturnIfErrorEvaluatesItsArgumentOnce) {
  Trace trace;
  (void)ReturnIfError(absl::DataLossError("lost"), &trace);
  EXPECT_EQ(trace.evaluated, 1);
}

TEST(StatusMacrosTest, ReturnIfErrorServesFunctionsThatReturnAStatusOr) {
  EXPECT_EQ(ReturnIfErrorFromStatusOr(absl::OkStatus()).value(), "fine");
  EXPECT_EQ(ReturnIfErrorFromStatusOr(absl::AbortedError("no")).status(),
            absl::AbortedError("no"));
}

TEST(StatusMacrosTest, AssignOrReturnMovesTheValues) {
  EXPECT_EQ(Sum(2, 3).value(), 5);
}

TEST(StatusMacrosTest, AssignOrReturnReturnsTheFirstError) {
  EXPECT_EQ(
      Sum(absl::DataLossError("left"), absl::AbortedError("right")).status(),
      absl::DataLossError("left"));
}

TEST(StatusMacrosTest, AssignOrReturnReturnsALaterError) {
  EXPECT_EQ(Sum(2, absl::AbortedError("right")).status(),
            absl::AbortedError("right"));
}

}  // namespace
}  // namespace sconce

#include "server/runtime/probe/model_probe.h"

#include <gtest/gtest.h>

#include <csignal>
#include <string>

#include "server/base/processors.h"
#include "server/runtime/probe/probe_request.h"

namespace sconce {
namespace {

constexpr char kGood[] = "{\"code\":0,\"message\":\"\"}\n";

// A probe whose processes end as a test wants it.
class ModelProbeTest : public ::testing::Test {
 protected:
  absl::Status Prove(ModelProbe::Options options = {}) {
    options.run = [this](const ChildCommand& c) {
      command_ = c;
      return end_;
    };
    return ModelProbe(options)
        .Prove({.id = {"m", 2}, .path = "/m.pt"})
        .status();
  }

  // What the process was told.
  ProbeRequest Request() const {
    return *ReadProbeRequest(
        absl::MakeConstSpan(command_.arguments).subspan(1));
  }

  absl::StatusOr<ChildEnd> end_ = ChildEnd{.report = kGood};
  ChildCommand command_;
};

TEST_F(ModelProbeTest, TellsTheProcessWhatToDo) {
  EXPECT_TRUE(Prove().ok());
  EXPECT_EQ(command_.arguments.front(), "probe-model");
  EXPECT_EQ(Request().spec.id.model, "m");
  EXPECT_EQ(Request().spec.path, "/m.pt");
}

TEST_F(ModelProbeTest, LimitsTimeAndMemory) {
  EXPECT_TRUE(
      Prove({.timeout = std::chrono::milliseconds(2500), .memory_bytes = 1000})
          .ok());
  EXPECT_EQ(command_.timeout, std::chrono::milliseconds(2500));
  EXPECT_EQ(Request().limits.data_bytes, 1000u);
  // 2.5 s of every processor, rounded up, and one more.
  EXPECT_EQ(Request().limits.cpu_seconds,
            4 * static_cast<uint64_t>(UsableProcessors()));
}

TEST_F(ModelProbeTest, NoTimeoutIsNoLimitOfProcessorTime) {
  EXPECT_TRUE(Prove().ok());
  EXPECT_EQ(command_.timeout, MonoDuration::zero());
  EXPECT_EQ(Request().limits.cpu_seconds, 0u);
}

TEST_F(ModelProbeTest, ACrashIsAVerdict) {
  end_ = ChildEnd{.signal = SIGSEGV};
  EXPECT_EQ(Prove().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ModelProbeTest, AProcessThatDoesNotStartIsAnError) {
  end_ = absl::UnavailableError("no process");
  EXPECT_EQ(Prove(), absl::UnavailableError("no process"));
}

}  // namespace
}  // namespace sconce

#include "server/runtime/probe/probe_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

namespace sconce {
namespace {

using Write = std::function<void(ProbeReportWriter*)>;

// What comes out of a pipe that `write` wrote to.
std::string Written(const Write& write) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  ProbeReportWriter writer(ends[1]);
  write(&writer);
  close(ends[1]);
  std::string text(1 << 20, '\0');
  size_t length = 0;
  ssize_t got = 0;
  while ((got = read(ends[0], text.data() + length, text.size() - length)) >
         0) {
    length += static_cast<size_t>(got);
  }
  close(ends[0]);
  text.resize(length);
  return text;
}

TEST(ProbeReportTest, TellsTheStepsInTheirOrder) {
  const ProbeReport report = ReadProbeReport(Written([](auto* writer) {
    writer->Begin("loading");
    writer->Begin("optimizing");
  }));
  ASSERT_EQ(report.steps.size(), 2u);
  EXPECT_EQ(report.steps[0].name, "loading");
  EXPECT_EQ(report.last_step(), "optimizing");
  EXPECT_LE(report.steps[0].seconds, report.steps[1].seconds);
  EXPECT_EQ(report.status, std::nullopt);
}

TEST(ProbeReportTest, BeforeTheFirstStepTheProcessStarts) {
  EXPECT_EQ(ReadProbeReport("").last_step(), "starting");
}

TEST(ProbeReportTest, TellsWhatIsKnownAboutBatching) {
  const ProbeReport report = ReadProbeReport(Written([](auto* writer) {
    writer->Batching("forward", {{1, -2}, 8, "on"});
    writer->Batching("forward", {{}, 0, "off: \"why\""});
  }));
  const std::vector<KindVerdict>& kinds = report.batching.at("forward").kinds;
  ASSERT_EQ(kinds.size(), 2u);
  EXPECT_EQ(kinds[0].kind, (std::vector<int64_t>{1, -2}));
  EXPECT_EQ(kinds[0].rows, 8);
  EXPECT_EQ(kinds[0].text, "on");
  EXPECT_EQ(kinds[1].text, "off: \"why\"");
}

TEST(ProbeReportTest, TellsTheStatus) {
  for (const absl::Status& status :
       {absl::OkStatus(), absl::InvalidArgumentError("it's \"bad\"\nü")}) {
    EXPECT_EQ(ReadProbeReport(Written([&](auto* writer) {
                writer->Begin("loading");
                writer->End(status);
              })).status,
              status);
  }
}

TEST(ProbeReportTest, AMessageThatIsNoUtf8IsStillTold) {
  const auto status = ReadProbeReport(Written([](auto* writer) {
                        writer->End(absl::InternalError("bad \xff byte"));
                      })).status;
  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(status->code(), absl::StatusCode::kInternal);
  EXPECT_EQ(status->message().substr(0, 4), "bad ");
}

TEST(ProbeReportTest, AnEndlessMessageIsCut) {
  FILE* const file = std::tmpfile();  // a pipe does not hold as much
  ASSERT_NE(file, nullptr);
  ProbeReportWriter(fileno(file))
      .End(absl::InternalError(std::string(1 << 20, 'x')));
  std::rewind(file);
  std::string text(1 << 20, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  const auto status = ReadProbeReport(text).status;
  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(status->message(), std::string(64 << 10, 'x'));
}

TEST(ProbeReportTest, LinesThatAreCutOffOrStrangeArePassedOver) {
  const ProbeReport report = ReadProbeReport(
      "{\"step\":\"loading\",\"seconds\":1}\nhello\n[1]\n{}\n{\"step\":7}\n"
      "{\"step\":\"optim");
  EXPECT_EQ(report.last_step(), "loading");
  EXPECT_EQ(report.status, std::nullopt);
}

TEST(ProbeReportTest, AnAttachmentIsNoPartOfTheReport) {
  std::string text = Written([](auto* writer) {
    writer->End(absl::OkStatus());
    writer->Attach("{\"code\":9}\n\nmore");
  });
  EXPECT_EQ(TakeAttachment(&text), "{\"code\":9}\n\nmore");
  EXPECT_EQ(ReadProbeReport(text).status, absl::OkStatus());
  EXPECT_EQ(TakeAttachment(&text), "");
}

TEST(ProbeReportTest, NobodyMayListen) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  close(ends[1]);
  ProbeReportWriter(ends[1]).Begin("loading");
}

}  // namespace
}  // namespace sconce

#include "client/loadtest/report/text.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/unit/loadtest/sample_runs.h"

namespace sconce::load {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

RunResult TwoEntries() {
  RunResult result = SampleRun();
  result.setup.entries = {"net", "detector:boxes"};
  result.setup.weights = {1, 0.25};
  result.setup.payloads.resize(2);
  result.record.entries.resize(2);
  result.record.entries[1].codes["NOT_FOUND"] = 33;
  return result;
}

TEST(RunTextTest, SaysWhatWasAsked) {
  EXPECT_THAT(
      ToText(SampleRun()),
      StartsWith("net at 127.0.0.1:8001, poisson 100/s, 10.0 s after 1 s "
                 "of warm-up, 1 connection, seed 1\n"));
}

TEST(RunTextTest, ShowsRatesAndCounts) {
  const std::string text = ToText(SampleRun());
  EXPECT_THAT(text,
              HasSubstr("requests     1000   1000      1000   980   500"));
  EXPECT_THAT(text,
              HasSubstr("a second    100.0  100.0      99.1  97.3  50.0"));
}

TEST(RunTextTest, ADashStandsForWhatRestsOnTooLittle) {
  const std::string text = ToText(SampleRun());
  EXPECT_THAT(text,
              HasSubstr("latency of OK     980  49.500  49.021       -    "
                        "-      -   98.000\n"));
  EXPECT_THAT(text, HasSubstr("of rejections      20  99.500       -"));
  EXPECT_THAT(text, HasSubstr("-: fewer than 100 values lie above it"));
}

TEST(RunTextTest, ShowsWhatTheServerTold) {
  const std::string text = ToText(SampleRun());
  EXPECT_THAT(text, HasSubstr("server queue     1000  12.250"));
  EXPECT_THAT(text, HasSubstr("server compute   1000  25.000"));
  EXPECT_THAT(text, HasSubstr("client   0.04 cores, 400.0 us a request\n"));
  EXPECT_THAT(text, HasSubstr("server   0.12 cores, 1224.5 us a request, 980 "
                              "requests, queue 0.1 s, compute 0.9 s\n"));
}

TEST(RunTextTest, LeavesOutWhatIsNotKnown) {
  RunResult result = SampleRun();
  result.server.reset();
  result.setup.slo = std::chrono::nanoseconds(0);
  result.record.server_queue = Histogram();
  result.record.rejection = Histogram();
  const std::string text = ToText(result);
  EXPECT_THAT(text, Not(HasSubstr("server")));
  EXPECT_THAT(text, Not(HasSubstr("SLO")));
  EXPECT_THAT(text, Not(HasSubstr("rejections")));
}

TEST(RunTextTest, ShowsTheVerdictAndTheCodes) {
  EXPECT_THAT(
      ToText(SampleRun()),
      HasSubstr(
          "SLO      50 ms for 99 %: missed, 50 % of the offered are good\n"
          "codes    OK 980, RESOURCE_EXHAUSTED 20\n"));
}

TEST(RunTextTest, VoidStandsFirst) {
  RunResult result = SampleRun();
  result.record.total.unsent = 30;
  EXPECT_THAT(ToText(result), StartsWith("VOID: 30 of 1030 requests"));
  EXPECT_THAT(ToText(SampleRun()), Not(HasSubstr("VOID")));
}

TEST(RunTextTest, WrongAnswersAreToldWithTheirFaults) {
  RunResult result = SampleRun();
  EXPECT_THAT(ToText(result), HasSubstr("answers  10 checked, all right\n"));
  result.record.total.wrong = 3;
  result.record.faults = {"output_0[3] is 1, \x1b[31mexpected 2"};
  EXPECT_THAT(ToText(result), HasSubstr("answers  10 checked, 3 WRONG\n"
                                        "  output_0[3] is 1, ?[31mexpected 2\n"
                                        "  and others\n"));
}

TEST(RunTextTest, SeveralEntriesHaveATable) {
  EXPECT_THAT(ToText(SampleRun()), Not(HasSubstr("entry")));
  EXPECT_THAT(
      ToText(TwoEntries()),
      AllOf(HasSubstr("entry           weight  offered   OK  good  wrong"),
            HasSubstr("net                  1     1000  980   500      0  "
                      "49.021       -  98.000\n"),
            HasSubstr("detector:boxes    0.25       33    0     0      0       "
                      "-       -       -\n")));
}

TEST(RunTextTest, AClosedLoopSaysSo) {
  RunResult result = SampleRun();
  result.setup.mode = "closed";
  result.setup.outstanding = 32;
  EXPECT_THAT(ToText(result), AllOf(HasSubstr("closed loop of 32"),
                                    Not(HasSubstr("send lag"))));
}

TEST(RunTextTest, AnInterruptedRunSaysSo) {
  RunResult result = SampleRun();
  result.interrupted = true;
  EXPECT_THAT(ToText(result), HasSubstr("10.0 s (INTERRUPTED)"));
}

TEST(RunTextTest, ARunWithoutARequestIsNoAccident) {
  RunResult result;
  result.setup = SampleSetup();
  EXPECT_THAT(ToText(result),
              AllOf(HasSubstr("codes    none\n"),
                    ContainsRegex("a second +- +- +- +- +-\n"),
                    HasSubstr("SLO      50 ms for 99 %: too few to tell")));
}

TEST(SweepTextTest, HasALineForEachRun) {
  RunResult late = SampleRun();
  late.record.total.unsent = 1000;
  const std::string text = ToText(SweepResult{"", false, {SampleRun(), late}});
  EXPECT_THAT(text, ContainsRegex("\n1 +100 +100.0 +99.1 +97.3 +50.0 +2.0 "
                                  "+49.021 +- +98.000 +0.04 +0.12 +missed\n"));
  EXPECT_THAT(text, ContainsRegex("\n2 +100 +200.0 .* missed +VOID\n"));
  EXPECT_THAT(text, HasSubstr("\nVOID: run 2: 1000 of 2000 requests"));
  EXPECT_THAT(text, Not(HasSubstr("INTERRUPTED")));
}

TEST(SweepTextTest, TellsWrongAnswersAndInterruption) {
  RunResult wrong = SampleRun();
  wrong.record.total.wrong = 2;
  wrong.record.faults = {"output_0 is late"};
  EXPECT_THAT(ToText(SweepResult{"", true, {wrong}}),
              HasSubstr("WRONG: run 1: 2 of 10 checked answers, the first: "
                        "output_0 is late\nINTERRUPTED\n"));
}

TEST(FindMaxTextTest, BeginsWithTheRate) {
  const SweepResult sweep{"", false, {SampleRun(), SampleRun()}};
  const std::string text =
      ToText(FindMaxResult{sweep, FoundRate{812, 1}, "850/s missed it"});
  EXPECT_THAT(text, StartsWith("812.0 requests a second meet 50 ms for 99 % "
                               "(run 2): 850/s missed it\n"));
  EXPECT_THAT(text, HasSubstr("\n2 * "));
}

TEST(FindMaxTextTest, SaysWhyThereIsNone) {
  EXPECT_THAT(
      ToText(FindMaxResult{{"", false, {SampleRun()}}, {}, "1/s missed it"}),
      StartsWith("no rate was found that meets 50 ms for 99 %: 1/s missed "
                 "it\n"));
  EXPECT_THAT(ToText(FindMaxResult{{}, {}, "Ctrl-C"}),
              StartsWith("no rate was found that meets the SLO: Ctrl-C\n"));
}

}  // namespace
}  // namespace sconce::load

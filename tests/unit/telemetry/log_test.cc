#include "server/telemetry/log.h"

#include <nlohmann/json.hpp>

#include <limits>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/base/thread.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::SizeIs;

constexpr char kTime[] = "....-..-..T..:..:..\\....Z";

// What `write` puts on standard error, line by line.
template <typename Write>
std::vector<std::string> LinesOf(Write write) {
  testing::internal::CaptureStderr();
  write();
  std::istringstream text(testing::internal::GetCapturedStderr());
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

// The one line that an event with `fields` becomes.
std::string LineOf(LogLevel level, absl::string_view message,
                   LogFields fields) {
  const auto lines = LinesOf([&] { Log(level, message, fields); });
  EXPECT_THAT(lines, SizeIs(1));
  return lines.empty() ? "" : lines.front();
}

// The log is the process's: each test sets it up and puts it back.
class LogTest : public testing::Test {
 protected:
  void TearDown() override { ConfigureLog(LogFormat::kText, LogLevel::kInfo); }

  static void UseJson() { ConfigureLog(LogFormat::kJson, LogLevel::kInfo); }

  static nlohmann::ordered_json JsonOf(LogFields fields) {
    return nlohmann::ordered_json::parse(
        LineOf(LogLevel::kInfo, "event", fields), nullptr,
        /*allow_exceptions=*/false);
  }
};

TEST_F(LogTest, ATextLineIsTimeLevelMessageAndFields) {
  EXPECT_THAT(
      LineOf(LogLevel::kInfo, "model loaded", {{"model", "net"}, {"rows", 8}}),
      MatchesRegex(std::string(kTime) +
                   " info model loaded model=\"net\" rows=8"));
}

TEST_F(LogTest, TextShowsEachKindOfValue) {
  EXPECT_THAT(LineOf(LogLevel::kInfo, "event",
                     {{"s", std::string("a b")},
                      {"big", int64_t{1} << 40},
                      {"half", 0.5},
                      {"yes", true}}),
              EndsWith("event s=\"a b\" big=1099511627776 half=0.5 yes=true"));
}

TEST_F(LogTest, ALineBreakInATextValueStaysInTheLine) {
  EXPECT_THAT(LineOf(LogLevel::kInfo, "event", {{"reason", "one\ntwo\r\n"}}),
              EndsWith(R"(reason="one\ntwo\r\n")"));
}

TEST_F(LogTest, QuotesInATextValueAreEscaped) {
  EXPECT_THAT(LineOf(LogLevel::kInfo, "event", {{"name", R"(a" level="b)"}}),
              EndsWith(R"(name="a\" level=\"b")"));
}

TEST_F(LogTest, TerminalEscapesInATextValueAreEscaped) {
  EXPECT_THAT(LineOf(LogLevel::kInfo, "event", {{"name", "\x1b[2J"}}),
              EndsWith(R"(name="\u001b[2J")"));
}

TEST_F(LogTest, BytesThatAreNoUtf8AreReplacedInText) {
  EXPECT_THAT(LineOf(LogLevel::kInfo, "event",
                     {{"name",
                       "a\xff\xfe"
                       "b"}}),
              EndsWith("name=\"a\xEF\xBF\xBD\xEF\xBF\xBD"
                       "b\""));
}

TEST_F(LogTest, AJsonLineIsOneObject) {
  UseJson();
  const auto json = JsonOf({{"model", "net"}});
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["level"], "info");
  EXPECT_EQ(json["message"], "event");
  EXPECT_EQ(json["model"], "net");
}

TEST_F(LogTest, AJsonLineHoldsTheTimeInUtc) {
  UseJson();
  EXPECT_THAT(JsonOf({})["time"].get<std::string>(), MatchesRegex(kTime));
}

TEST_F(LogTest, AJsonLineBeginsWithTimeLevelAndMessage) {
  UseJson();
  std::vector<std::string> keys;
  const auto json = JsonOf({{"a", 1}});
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  EXPECT_THAT(keys, ElementsAre("time", "level", "message", "a"));
}

TEST_F(LogTest, JsonKeepsTheTypesOfValues) {
  UseJson();
  const auto json = JsonOf({{"s", std::string("1")},
                            {"i", int64_t{1} << 40},
                            {"d", 0.5},
                            {"b", false}});
  EXPECT_EQ(json["s"], "1");
  EXPECT_EQ(json["i"], int64_t{1} << 40);
  EXPECT_EQ(json["d"], 0.5);
  EXPECT_EQ(json["b"], false);
}

TEST_F(LogTest, ALineBreakInAJsonValueStaysInTheLine) {
  UseJson();
  EXPECT_EQ(JsonOf({{"reason", "one\ntwo"}})["reason"], "one\ntwo");
}

TEST_F(LogTest, BytesThatAreNoUtf8AreReplacedInJson) {
  UseJson();
  EXPECT_EQ(JsonOf({{"name",
                     "a\xff"
                     "b"}})["name"],
            "a\xEF\xBF\xBD"
            "b");
}

TEST_F(LogTest, NumbersThatJsonDoesNotKnowBecomeNull) {
  UseJson();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(JsonOf({{"ratio", nan}})["ratio"].is_null());
}

TEST_F(LogTest, EachLevelHasItsName) {
  ConfigureLog(LogFormat::kText, LogLevel::kDebug);
  EXPECT_THAT(LinesOf([] {
                LogDebug("m");
                LogInfo("m");
                LogWarning("m");
                LogError("m");
              }),
              ElementsAre(EndsWith("Z debug m"), EndsWith("Z info m"),
                          EndsWith("Z warning m"), EndsWith("Z error m")));
}

TEST_F(LogTest, LevelsBelowTheLeastAreNotWritten) {
  ConfigureLog(LogFormat::kText, LogLevel::kWarning);
  EXPECT_THAT(LinesOf([] {
                LogDebug("m");
                LogInfo("m");
                LogWarning("m");
                LogError("m");
              }),
              ElementsAre(EndsWith("warning m"), EndsWith("error m")));
}

TEST_F(LogTest, AtLevelErrorOnlyErrorsAreWritten) {
  ConfigureLog(LogFormat::kText, LogLevel::kError);
  EXPECT_THAT(LinesOf([] {
                LogWarning("m");
                LogError("m");
              }),
              ElementsAre(EndsWith("error m")));
}

TEST_F(LogTest, DebugIsNotWrittenByDefault) {
  EXPECT_THAT(LinesOf([] { LogDebug("m"); }), SizeIs(0));
}

TEST_F(LogTest, BracesInAMessageAreNoFormat) {
  EXPECT_THAT(LineOf(LogLevel::kInfo, "event", {{"text", "{} {0} %v"}}),
              EndsWith(R"(event text="{} {0} %v")"));
}

TEST_F(LogTest, LinesOfSeveralThreadsDoNotMix) {
  UseJson();
  const auto lines = LinesOf([] {
    std::vector<Thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back("log", [i] {
        for (int n = 0; n < 50; ++n) LogInfo("event", {{"id", i * 50 + n}});
      });
    }
  });
  std::set<int> ids;
  for (const std::string& line : lines) {
    ids.insert(nlohmann::json::parse(line).at("id").get<int>());
  }
  EXPECT_THAT(lines, SizeIs(200));
  EXPECT_THAT(ids, SizeIs(200));
}

}  // namespace
}  // namespace sconce

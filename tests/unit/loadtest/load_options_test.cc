#include "client/loadtest/command_line/load_options.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sconce::load {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

std::variant<LoadOptions, ExitRequest> Parse(std::vector<const char*> words) {
  words.insert(words.begin(), "sconce-load");
  return ParseCommandLine(static_cast<int>(words.size()), words.data());
}

LoadOptions Options(const std::vector<const char*>& words) {
  auto parsed = Parse(words);
  if (const auto* exit = std::get_if<ExitRequest>(&parsed)) {
    ADD_FAILURE() << exit->text;
    return {};
  }
  return std::get<LoadOptions>(std::move(parsed));
}

std::string Refusal(const std::vector<const char*>& words) {
  const auto parsed = Parse(words);
  const auto* exit = std::get_if<ExitRequest>(&parsed);
  if (!exit) return "";
  EXPECT_EQ(exit->code, 2);
  EXPECT_EQ(std::count(exit->text.begin(), exit->text.end(), '\n'), 1);
  return exit->text;
}

TEST(LoadOptionsTest, DefaultsArePoissonAt100) {
  const LoadOptions options = Options({"--model", "net"});
  EXPECT_EQ(options.connection.address, "127.0.0.1:8001");
  EXPECT_EQ(options.management, "127.0.0.1:8003");
  EXPECT_EQ(options.plan.setup.arrivals, "poisson 100/s");
  EXPECT_EQ(options.plan.setup.mode, "open");
  EXPECT_EQ(options.plan.window, seconds(10));
  EXPECT_EQ(options.plan.warmup, seconds(1));
}

TEST(LoadOptionsTest, TheEnvironmentSpeaksOfItsOwnServer) {
  setenv("SCONCE_ADDRESS", "far:8001", 1);
  setenv("SCONCE_MANAGEMENT", "far:9", 1);
  const LoadOptions far = Options({"--model", "net"});
  const LoadOptions near = Options({"near:7", "--model", "net"});
  unsetenv("SCONCE_ADDRESS");
  unsetenv("SCONCE_MANAGEMENT");
  EXPECT_EQ(far.connection.address, "far:8001");
  EXPECT_EQ(far.plan.setup.target, "far:8001");
  EXPECT_EQ(far.management, "far:9");
  EXPECT_EQ(near.plan.setup.target, "near:7");
  EXPECT_EQ(near.management, "") << "port 8003 goes with port 8001";
}

TEST(LoadOptionsTest, WhatFollowsAModelIsAboutIt) {
  const LoadOptions options =
      Options({"h:1", "--batch", "4", "--model", "net:embed@3", "--weight", "2",
               "--input", "x=[1, 2]", "--model", "b", "--batch", "8", "--shape",
               "x=2,-1"});
  ASSERT_EQ(options.entries.size(), 2u);
  EXPECT_EQ(options.entries[0].model, "net:embed");
  EXPECT_EQ(options.entries[0].version, "3");
  EXPECT_EQ(options.entries[0].weight, 2);
  EXPECT_EQ(options.entries[0].batch, 4);
  EXPECT_EQ(options.entries[0].inputs.at("x"), "[1, 2]");
  EXPECT_EQ(options.entries[1].weight, 1);
  EXPECT_EQ(options.entries[1].batch, 8);
  EXPECT_TRUE(options.entries[1].inputs.empty());
  EXPECT_THAT(options.entries[1].shapes.at("x"), ElementsAre(2, -1));
}

TEST(LoadOptionsTest, ShapesOfTheLoadAreNamed) {
  const auto name = [](std::vector<const char*> words) {
    words.insert(words.end(), {"--model", "net"});
    return Options(words).plan.setup.arrivals;
  };
  EXPECT_EQ(name({"--arrivals", "constant", "--rate", "2.5"}),
            "constant 2.5/s");
  EXPECT_EQ(name({"--steps", "10,20"}), "poisson steps 10, 20/s");
  EXPECT_EQ(name({"--ramp", "0:50"}), "poisson ramp 0/s to 50/s");
  EXPECT_EQ(name({"--bursts", "90:1:4"}),
            "poisson bursts 90/s for 1 s, 0/s for 4 s");
  EXPECT_EQ(name({"--trace", "d.csv", "--speed", "2"}),
            "trace d.csv at 2 times its speed");
}

TEST(LoadOptionsTest, ATraceCountsFromItsBeginToItsEnd) {
  const LoadPlan plan = Options({"--model", "a", "--trace", "t"}).plan;
  EXPECT_EQ(plan.window, seconds(0));
  EXPECT_EQ(plan.warmup, seconds(0));
  EXPECT_EQ(
      Options({"--model", "a", "--trace", "t", "--duration", "3"}).plan.window,
      seconds(3));
}

TEST(LoadOptionsTest, SloHasAPercentile) {
  const RunSetup plain = Options({"--model", "a", "--slo", "50"}).plan.setup;
  EXPECT_EQ(plain.slo, milliseconds(50));
  EXPECT_EQ(plain.slo_percentile, 99);
  const RunSetup setup =
      Options({"--model", "a", "--slo", "1.5@99.9"}).plan.setup;
  EXPECT_EQ(setup.slo, std::chrono::microseconds(1500));
  EXPECT_EQ(setup.slo_percentile, 99.9);
}

TEST(LoadOptionsTest, WrongValuesAreNamed) {
  EXPECT_THAT(Refusal({"--model", "a", "--slo", "5@100"}),
              HasSubstr("--slo: '5@100'; expected MS"));
  EXPECT_THAT(Refusal({"--model", "a", "--slo", "x"}), HasSubstr("--slo"));
  EXPECT_THAT(Refusal({"--model", "a", "--rate", "0"}), HasSubstr("--rate"));
  EXPECT_THAT(Refusal({"--model", "a", "--steps", "1,-2"}),
              HasSubstr("--steps"));
  EXPECT_THAT(Refusal({"--model", "a", "--bursts", "9:1"}),
              HasSubstr("R:ON:OFF[:LOW]"));
  EXPECT_THAT(Refusal({"--model", "a", "--bursts", "9:0:1"}),
              HasSubstr("--bursts"));
  EXPECT_THAT(Refusal({"--model", "a@"}), HasSubstr("--model"));
  EXPECT_THAT(Refusal({"--model", "a", "--shape", "x=1,b"}),
              HasSubstr("--shape"));
  EXPECT_THAT(Refusal({"--model", "a", "--input", "=f"}), HasSubstr("--input"));
  EXPECT_THAT(Refusal({"--model", "a", "--weight", "0"}),
              HasSubstr("--weight"));
  EXPECT_THAT(Refusal({"--model", "a", "--ca", "/no/such.pem"}),
              HasSubstr("/no/such.pem"));
  EXPECT_THAT(Refusal({"--nonsense"}), HasSubstr("--nonsense"));
}

TEST(LoadOptionsTest, WrongCombinationsAreRefused) {
  const auto both = [](const std::string& text, const char* one,
                       const char* other) {
    return testing::Matches(AllOf(HasSubstr(one), HasSubstr(other)))(text);
  };
  const std::vector<std::vector<const char*>> wrong = {
      {"--closed-loop", "--rate", "8", "9"},
      {"--closed-loop", "--arrivals", "8", "poisson"},
      {"--closed-loop", "--find-max", "8", nullptr},
      {"--closed-loop", "--max-outstanding", "8", "9"},
      {"--steps", "--ramp", "8,9", "8:9"},
      {"--bursts", "--sweep", "8:1:1", "9"},
      {"--trace", "--arrivals", "t.csv", "poisson"},
      {"--trace", "--rate", "t.csv", "9"},
      {"--sweep", "--rate", "8,9", "9"},
      {"--sweep", "--find-max", "8,9", nullptr},
      {"--mix", "--model", "m.json", "b"},
      {"--mix", "--batch", "m.json", "3"},
  };
  for (const auto& each : wrong) {
    std::vector<const char*> words = {each[0], each[2], each[1]};
    if (each[3]) words.push_back(each[3]);
    if (std::string(each[0]) != "--mix") {
      words.insert(words.end(), {"--model", "a", "--slo", "9"});
    }
    const std::string text = Refusal(words);
    EXPECT_TRUE(both(text, each[0], each[1])) << each[0] << text;
  }
  EXPECT_THAT(Refusal({"--model", "a", "--find-max"}), HasSubstr("--slo"));
  EXPECT_THAT(Refusal({"--model", "a", "--speed", "2"}), HasSubstr("--trace"));
  EXPECT_THAT(Refusal({}), HasSubstr("--model"));
}

TEST(LoadOptionsTest, ATokenIsForTlsOrThisMachine) {
  EXPECT_TRUE(
      Options({"--model", "a", "--token", "t"}).connection.token_without_tls);
  EXPECT_FALSE(Options({"far:1", "--model", "a", "--token", "t"})
                   .connection.token_without_tls);
}

TEST(LoadOptionsTest, HelpIsReadable) {
  const auto parsed = Parse({"--help"});
  const auto& exit = std::get<ExitRequest>(parsed);
  EXPECT_EQ(exit.code, 0);
  EXPECT_THAT(exit.text,
              AllOf(HasSubstr("--closed-loop"), Not(HasSubstr("Excludes"))));
}

}  // namespace
}  // namespace sconce::load

#include "server/core/serving_map.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/support/harness_in.h"

namespace sconce {
namespace {

using State = ServableState;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::shared_ptr<LoaderHarness> Version(int64_t version, State state,
                                       int64_t instance = 1) {
  return HarnessIn(state, {"net", version, instance});
}

VersionSelector Alias(const std::string& alias) {
  return VersionSelector(alias);
}

VersionSelector Keyed(uint64_t key) {
  VersionSelector selector;
  selector.affinity.key = key;
  return selector;
}

// The version of the handle; -1: there is none.
int64_t Served(const ServingModel& model, const VersionSelector& selector = {},
               uint64_t draw = 0) {
  const auto handle = model.TryGetHandle(selector, draw);
  return handle ? (*handle)->id().version : -1;
}

std::string Why(const ServingModel& model,
                const VersionSelector& selector = {}) {
  return std::string(model.WhyNot(selector).message());
}

TEST(ServingModelTest, WithoutAVersionTheHighestReadyOneIsServed) {
  const ServingModel model(
      {Version(1, State::kReady), Version(3, State::kLoading),
       Version(2, State::kReady)},
      {});
  EXPECT_EQ(Served(model), 2);
}

TEST(ServingModelTest, AGivenVersionIsServedOrNone) {
  const ServingModel model(
      {Version(1, State::kReady), Version(2, State::kReady),
       Version(3, State::kError)},
      {});
  EXPECT_EQ(Served(model, 1), 1);
  EXPECT_EQ(Served(model, 3), -1);
  EXPECT_EQ(Served(model, 4), -1);
  EXPECT_EQ(model.WhyNot(4).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(
      model.WhyNot(3),
      absl::UnavailableError("'net' version 3 is not at ready state: broken"));
}

TEST(ServingModelTest, OfTwoContentsTheNewerIsServedIfReady) {
  const auto older = Version(1, State::kReady, 7);
  const auto newer = Version(1, State::kLoading, 8);
  const ServingModel model({older, newer}, {});
  EXPECT_EQ((*model.TryGetHandle(1, 0))->id().instance, 7);
  ASSERT_TRUE(newer->Publish());
  EXPECT_EQ((*model.TryGetHandle(1, 0))->id().instance, 8);
}

TEST(ServingModelTest, AnAliasLeadsToItsVersion) {
  const ServingModel model(
      {Version(1, State::kReady), Version(2, State::kReady)},
      {{{"stable", 1}, {"gone", 9}}, {}});
  EXPECT_EQ(Served(model, Alias("stable")), 1);
  EXPECT_EQ(Served(model, Alias("gone")), -1);
  EXPECT_EQ(model.WhyNot(Alias("gone")).code(), absl::StatusCode::kNotFound);
}

TEST(ServingModelTest, AnUnknownAliasIsToldFromTheKnownOnes) {
  const ServingModel model({Version(1, State::kReady)},
                           {{{"canary", 1}, {"stable", 1}}, {}});
  EXPECT_EQ(Served(model, Alias("stabel")), -1);
  EXPECT_EQ(model.WhyNot(Alias("stabel")).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Why(model, Alias("stabel")),
              AllOf(HasSubstr("version string 'stabel'"),
                    HasSubstr("(canary, stable)")));
  const ServingModel without({Version(1, State::kReady)}, {});
  EXPECT_THAT(Why(without, Alias("stable")), HasSubstr("which has none"));
}

TEST(ServingModelTest, ThereIsNoReasonForWhatIsReadyByNow) {
  const auto harness = Version(1, State::kLoading);
  const ServingModel model({harness}, {{{"stable", 1}}, {}});
  EXPECT_THAT(Why(model), HasSubstr("it is LOADING"));
  ASSERT_TRUE(harness->Publish());
  EXPECT_TRUE(model.WhyNot({}).ok());
  EXPECT_TRUE(model.WhyNot(1).ok());
  EXPECT_TRUE(model.WhyNot(Alias("stable")).ok());
}

TEST(ServingModelTest, RequestsAreDividedByWeight) {
  const ServingModel model(
      {Version(1, State::kReady), Version(2, State::kReady),
       Version(3, State::kReady)},
      {{}, {{1, 90}, {2, 10}, {3, 0}}});
  std::map<int64_t, int> drawn;
  constexpr int kDraws = 10'000;
  for (uint64_t draw = 0; draw < kDraws; ++draw) {
    ++drawn[Served(model, {}, draw)];
  }
  // Four standard deviations of a binomial: sqrt(10000 * 0.9 * 0.1) = 30.
  EXPECT_NEAR(drawn[1], 9000, 120);
  EXPECT_NEAR(drawn[2], 1000, 120);
  EXPECT_EQ(drawn[3], 0);
}

TEST(ServingModelTest, AKeySticksWhateverIsDrawn) {
  const ServingModel model(
      {Version(1, State::kReady), Version(2, State::kReady)},
      {{}, {{1, 1}, {2, 1}}});
  int second = 0;
  for (uint64_t key = 0; key < 100; ++key) {
    const int64_t version = Served(model, Keyed(key), 0);
    for (uint64_t draw = 1; draw < 20; ++draw) {
      EXPECT_EQ(Served(model, Keyed(key), draw), version);
    }
    second += version == 2 ? 1 : 0;
  }
  EXPECT_NEAR(second, 50, 20);
}

// How many of the first requests each version gets.
std::map<int64_t, int> Drawn(const ServingModel& model, uint64_t draws) {
  std::map<int64_t, int> drawn;
  for (uint64_t draw = 0; draw < draws; ++draw) {
    ++drawn[Served(model, {}, draw)];
  }
  return drawn;
}

TEST(ServingModelTest, AShareThatIsNotReadyFallsToTheOthersByWeight) {
  const ServingModel model(
      {Version(1, State::kReady), Version(2, State::kReady),
       Version(3, State::kSuspended), Version(4, State::kReady)},
      {{}, {{1, 9}, {2, 1}, {3, 10}, {4, 0}}});
  const auto drawn = Drawn(model, 10'000);
  EXPECT_EQ(drawn.size(), 2u);
  EXPECT_NEAR(drawn.at(1), 9000, 120);
  EXPECT_NEAR(drawn.at(2), 1000, 120);
}

TEST(ServingModelTest, WithoutAReadyShareOtherVersionsServe) {
  const ServingModel model(
      {Version(1, State::kReady), Version(2, State::kReady),
       Version(3, State::kSuspended), Version(4, State::kReady)},
      {{}, {{3, 1}, {4, 0}}});
  EXPECT_EQ(Served(model), 2);
}

TEST(ServingModelTest, AWeightOfZeroWithholdsAVersion) {
  const ServingModel model(
      {Version(1, State::kLoading), Version(2, State::kReady)},
      {{}, {{1, 1}, {2, 0}}});
  EXPECT_EQ(Served(model), -1);
  EXPECT_EQ(Served(model, 2), 2);
  EXPECT_THAT(Why(model), HasSubstr("version 1 is not at ready state"));
  const ServingModel alone({Version(2, State::kReady)}, {{}, {{1, 1}, {2, 0}}});
  EXPECT_EQ(Served(alone), -1);
  EXPECT_EQ(alone.WhyNot({}).code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(Why(alone), HasSubstr("share of the traffic is above 0"));
}

TEST(ServingModelTest, NewWeightsMoveAsFewKeysAsCanBe) {
  const ServingModel::Harnesses versions = {Version(1, State::kReady),
                                            Version(2, State::kReady)};
  const ServingModel before(versions, {{}, {{1, 1}, {2, 1}}});
  const ServingModel after(versions, {{}, {{1, 3}, {2, 1}}});
  int moved = 0;
  for (uint64_t key = 0; key < 1000; ++key) {
    const int64_t version = Served(after, Keyed(key));
    if (Served(before, Keyed(key)) == version) continue;
    ++moved;
    EXPECT_EQ(version, 1);
  }
  EXPECT_NEAR(moved, 250, 60);
}

// A request of a sequence, for an alias or none.
VersionSelector Of(const std::string& sequence, bool start = false,
                   std::string alias = "") {
  VersionSelector selector(alias);
  selector.affinity.sequence = SequencePlace{sequence, start, false, alias};
  return selector;
}

// Version 1 is ready and has the sequence "7".
std::shared_ptr<LoaderHarness> WithSequence() {
  return HarnessIn(State::kReady, {"net", 1, 1}, {}, {"7"});
}

TEST(ServingModelTest, ASequenceStaysWhereItLives) {
  const ServingModel model({WithSequence(), Version(2, State::kReady)},
                           {{{"stable", 2}}, {{1, 0}, {2, 1}}});
  EXPECT_EQ(Served(model, Of("7")), 1);
  EXPECT_EQ(Served(model, Of("8")), 2);
  EXPECT_EQ(Served(model), 2);
  // Another client's, who asked for it otherwise.
  EXPECT_EQ(Served(model, Of("7", false, "stable")), 2);
}

TEST(ServingModelTest, ASequenceGoesOnThoughItsRouteLeadsNowhere) {
  const ServingModel model({WithSequence(), Version(2, State::kLoading)},
                           {{}, {{1, 0}, {2, 1}}});
  EXPECT_EQ(Served(model), -1);
  EXPECT_EQ(Served(model, Of("7")), 1);
}

TEST(ServingModelTest, ASequenceThatBeginsAnewEndsElsewhere) {
  const ServingModel model({WithSequence(), Version(2, State::kReady)}, {});
  EXPECT_EQ(Served(model, Of("7", true)), 2);
  EXPECT_EQ(Served(model, Of("7")), 1);  // it may still be refused
  const SequencePlace place = *Of("7", true).affinity.sequence;
  model.EndElsewhere(place, {"net", 1, 1});
  EXPECT_EQ(Served(model, Of("7")), 1);
  model.EndElsewhere(place, {"net", 2, 1});
  EXPECT_EQ(Served(model, Of("7")), 2);
}

TEST(ServingModelTest, KeysOfOtherSharesStayWhenAVersionGoes) {
  const std::vector<TrafficShare> shares = {{1, 1}, {2, 1}, {3, 1}};
  const ServingModel before(
      {Version(1, State::kReady), Version(2, State::kReady),
       Version(3, State::kReady)},
      {{}, shares});
  const ServingModel after(
      {Version(1, State::kReady), Version(3, State::kReady)}, {{}, shares});
  for (uint64_t key = 0; key < 300; ++key) {
    const int64_t version = Served(before, Keyed(key));
    if (version != 2) EXPECT_EQ(Served(after, Keyed(key)), version);
  }
}

TEST(ServingModelTest, WeightsDoNotConcernWhoNamesAVersion) {
  const ServingModel model(
      {Version(1, State::kReady), Version(2, State::kReady)},
      {{{"stable", 1}}, {{2, 1}}});
  EXPECT_EQ(Served(model, 1), 1);
  EXPECT_EQ(Served(model, Alias("stable")), 1);
  EXPECT_EQ(Served(model), 2);
}

TEST(ServingModelTest, ReportsAscendByVersion) {
  const ServingModel model(
      {Version(10, State::kReady), Version(9, State::kError)}, {});
  const auto reports = model.Reports();
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(reports[0].id.version, 9);
  EXPECT_EQ(reports[0].state, State::kError);
  EXPECT_EQ(reports[1].id.version, 10);
  EXPECT_FALSE(model.Report(11));
}

TEST(ServingModelTest, AFailedReloadIsReportedBesideWhatServes) {
  const ServingModel model(
      {Version(1, State::kReady, 7), Version(1, State::kError, 8)}, {});
  const auto reports = model.Reports();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].state, State::kReady);
  EXPECT_EQ(reports[0].id.instance, 7);
  EXPECT_EQ(reports[0].status,
            absl::InternalError("the reload failed, and what was loaded "
                                "before serves on: broken"));
}

struct Merged {
  State older;
  State newer;
  State shown;
};

TEST(ServingModelTest, TwoContentsAreReportedAsWhatServesBest) {
  for (const Merged& each : {
           Merged{State::kReady, State::kLoading, State::kReady},
           Merged{State::kQuiescing, State::kReady, State::kReady},
           Merged{State::kSuspended, State::kLoading, State::kSuspended},
           Merged{State::kQuiescing, State::kLoading, State::kLoading},
           Merged{State::kQuiescing, State::kError, State::kQuiescing},
           Merged{State::kDisabled, State::kError, State::kError},
       }) {
    const ServingModel model(
        {Version(1, each.older, 7), Version(1, each.newer, 8)}, {});
    EXPECT_EQ(model.Report(1)->state, each.shown);
    if (each.shown == State::kReady) {
      EXPECT_TRUE(model.Report(1)->status.ok());
    }
  }
}

}  // namespace
}  // namespace sconce

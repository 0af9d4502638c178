#include "server/core/serving_table.h"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/base/thread.h"
#include "tests/support/harness_in.h"

namespace sconce {
namespace {

using State = ServableState;
using ::testing::ElementsAre;

std::vector<std::string> Indexed(const ServingTable& table) {
  std::vector<std::string> ids;
  for (const ServableReport& report : table.Index()) {
    ids.push_back(report.id.ToString());
  }
  return ids;
}

TEST(ServingTableTest, AnUnknownModelIsNotFound) {
  const ServingTable table;
  EXPECT_EQ(table.GetHandle("net", {}).status(), UnknownModel("net"));
  EXPECT_TRUE(absl::IsNotFound(UnknownModel("net")));
  EXPECT_EQ(table.Find("net"), nullptr);
}

TEST(ServingTableTest, WhatIsPublishedIsSeenUntilItIsTakenBack) {
  ServingTable table;
  table.Publish("net", {HarnessIn(State::kReady)}, {});
  EXPECT_TRUE(table.GetHandle("net", {}).ok());
  EXPECT_NE(table.Find("net"), nullptr);
  table.Publish("net", {}, {});
  EXPECT_TRUE(absl::IsNotFound(table.GetHandle("net", {}).status()));
  EXPECT_TRUE(table.Index().empty());
}

TEST(ServingTableTest, TheReasonIsTheSelectedVersions) {
  ServingTable table;
  table.Publish("net",
                {HarnessIn(State::kReady, {"net", 1, 1}),
                 HarnessIn(State::kError, {"net", 2, 2})},
                {});
  EXPECT_EQ(
      table.GetHandle("net", 2).status(),
      absl::UnavailableError("'net' version 2 is not at ready state: broken"));
}

TEST(ServingTableTest, TheIndexIsOrderedByNameThenVersion) {
  ServingTable table;
  table.Publish("b",
                {HarnessIn(State::kReady, {"b", 10, 1}),
                 HarnessIn(State::kReady, {"b", 9, 2})},
                {});
  table.Publish("c", {HarnessIn(State::kReady, {"c", 1, 3})}, {});
  table.Publish("a", {HarnessIn(State::kReady, {"a", 1, 4})}, {});
  EXPECT_THAT(Indexed(table), ElementsAre("'a' version 1", "'b' version 9",
                                          "'b' version 10", "'c' version 1"));
}

TEST(ServingTableTest, AnInstanceIsFoundByItsNumber) {
  ServingTable table;
  const auto older = HarnessIn(State::kReady, {"net", 1, 7});
  const auto newer = HarnessIn(State::kLoading, {"net", 1, 8});
  table.Publish("net", {older, newer}, {});
  EXPECT_EQ(table.FindInstance({"net", 1, 8}), newer);
  EXPECT_EQ(table.FindInstance({"net", 1, 7}), older);
  EXPECT_EQ(table.FindInstance({"net", 1, 9}), nullptr);
  EXPECT_EQ(table.FindInstance({"other", 1, 7}), nullptr);
}

// As the Manager does it: the new one is opened, the switch announced, the old
// one closed. No reader may find none, whichever it looks at first.
TEST(ServingTableTest, ReadersNeverFindNothingDuringASwitch) {
  ServingTable table;
  auto serving = HarnessIn(State::kReady, {"net", 1, 1});
  table.Publish("net", {serving}, {});
  std::atomic<bool> done = false;
  std::vector<Thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back("read", [&] {
      while (!done) EXPECT_TRUE(table.GetHandle("net", {}).ok());
    });
  }
  for (int64_t instance = 2; instance < 300; ++instance) {
    // Now the higher version takes over, now the lower one.
    auto next = HarnessIn(State::kLoading, {"net", instance % 7, instance});
    table.Publish("net", {serving, next}, {});
    EXPECT_TRUE(next->Publish());
    table.AnnounceSwitch();
    EXPECT_TRUE(serving->BeginUnload());
    table.Publish("net", {next}, {});
    serving = std::move(next);
  }
  done = true;
}

TEST(ServingTableTest, RequestsWithoutAKeyAreDrawnAnew) {
  ServingTable table;
  table.Publish("net",
                {HarnessIn(State::kReady, {"net", 1, 1}),
                 HarnessIn(State::kReady, {"net", 2, 2})},
                {{}, {{1, 1}, {2, 1}}});
  int second = 0;
  for (int i = 0; i < 1000; ++i) {
    if ((*table.GetHandle("net", {}))->id().version == 2) ++second;
  }
  EXPECT_NEAR(second, 500, 100);  // six standard deviations
}

}  // namespace
}  // namespace sconce

#include "server/rpc/model_change_pages.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

#include "server/rpc/resume_token.h"

namespace sconce {
namespace {

using management::v1::WatchModelsResponse;

constexpr uint64_t kStart = 5;

ServableReport Report(const std::string& model, ServableState state,
                      absl::Status status = absl::OkStatus()) {
  return {{model, 1}, state, std::move(status)};
}

void PublishMany(int count, StateMonitor* monitor) {
  for (int i = 0; i < count; ++i) {
    monitor->Publish(Report(absl::StrCat("m", i), ServableState::kReady));
  }
}

uint64_t PositionOf(const WatchModelsResponse& response) {
  return ParseResumeToken(response.resume_token(), kStart).value().value();
}

TEST(ModelChangePagesTest, BeginsWithASnapshotThoughItIsEmpty) {
  StateMonitor monitor;
  ModelChangePages pages(&monitor, kStart, std::nullopt);
  WatchModelsResponse response;
  ASSERT_TRUE(pages.Next(&response));
  EXPECT_TRUE(response.snapshot());
  EXPECT_EQ(response.changes_size(), 0);
  EXPECT_EQ(PositionOf(response), 0u);
  EXPECT_FALSE(pages.Next(&response));
}

TEST(ModelChangePagesTest, ThenTellsEveryChange) {
  StateMonitor monitor;
  monitor.Publish(Report("net", ServableState::kLoading));
  ModelChangePages pages(&monitor, kStart, std::nullopt);
  WatchModelsResponse first;
  ASSERT_TRUE(pages.Next(&first));
  ASSERT_EQ(first.changes_size(), 1);
  EXPECT_EQ(first.changes(0).state(), "LOADING");
  EXPECT_GT(first.changes(0).time().seconds(), 0);

  monitor.Publish(
      Report("net", ServableState::kError, absl::InternalError("no weights")));
  monitor.Publish(Report("net", ServableState::kDisabled));
  WatchModelsResponse second;
  ASSERT_TRUE(pages.Next(&second));
  EXPECT_FALSE(second.snapshot());
  ASSERT_EQ(second.changes_size(), 2);
  EXPECT_EQ(second.changes(0).reason(), "no weights");
  EXPECT_EQ(second.changes(1).state(), "UNAVAILABLE");
  EXPECT_EQ(second.changes(1).reason(), "");
  EXPECT_EQ(PositionOf(second), 3u);
  EXPECT_FALSE(pages.Next(&second));
}

TEST(ModelChangePagesTest, ALargeSnapshotHasItsTokenAtTheEnd) {
  StateMonitor monitor;
  PublishMany(300, &monitor);
  ModelChangePages pages(&monitor, kStart, std::nullopt);
  WatchModelsResponse first;
  WatchModelsResponse second;
  ASSERT_TRUE(pages.Next(&first));
  // Comes after the snapshot, not in its middle.
  monitor.Publish(Report("late", ServableState::kReady));
  ASSERT_TRUE(pages.Next(&second));
  EXPECT_TRUE(first.snapshot());
  EXPECT_EQ(first.changes_size(), 256);
  EXPECT_EQ(first.resume_token(), "");
  EXPECT_TRUE(second.snapshot());
  EXPECT_EQ(second.changes_size(), 44);
  EXPECT_EQ(PositionOf(second), 300u);
  WatchModelsResponse third;
  ASSERT_TRUE(pages.Next(&third));
  EXPECT_FALSE(third.snapshot());
  EXPECT_EQ(third.changes(0).name(), "late");
}

TEST(ModelChangePagesTest, EachPieceOfALongPageCanBeResumed) {
  StateMonitor monitor;
  PublishMany(300, &monitor);
  ModelChangePages pages(&monitor, kStart, 10);
  WatchModelsResponse first;
  ASSERT_TRUE(pages.Next(&first));
  EXPECT_FALSE(first.snapshot());
  EXPECT_EQ(first.changes_size(), 256);
  EXPECT_EQ(PositionOf(first), 266u);
  ModelChangePages resumed(&monitor, kStart, PositionOf(first));
  WatchModelsResponse rest;
  ASSERT_TRUE(resumed.Next(&rest));
  EXPECT_EQ(rest.changes_size(), 34);
  EXPECT_EQ(rest.changes(0).name(), "m266");
}

TEST(ModelChangePagesTest, ASlowReaderGetsASnapshotForWhatIsLost) {
  StateMonitor monitor(/*capacity=*/4);
  ModelChangePages pages(&monitor, kStart, std::nullopt);
  WatchModelsResponse response;
  ASSERT_TRUE(pages.Next(&response));
  PublishMany(5, &monitor);
  response.Clear();
  ASSERT_TRUE(pages.Next(&response));
  EXPECT_TRUE(response.snapshot());
  EXPECT_EQ(response.changes_size(), 5);
}

TEST(ModelChangePagesTest, ReasonsAreCut) {
  StateMonitor monitor;
  monitor.Publish(Report("net", ServableState::kError,
                         absl::InternalError(std::string(5000, 'x'))));
  ModelChangePages pages(&monitor, kStart, std::nullopt);
  WatchModelsResponse response;
  ASSERT_TRUE(pages.Next(&response));
  EXPECT_LE(response.changes(0).reason().size(), 1024u);
}

}  // namespace
}  // namespace sconce

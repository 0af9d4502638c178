// WatchModels: every change, in order, to clients that come, stay and go.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"

#include "tests/support/test_management.h"

namespace sconce {
namespace {

using management::v1::WatchModelsRequest;
using management::v1::WatchModelsResponse;

// A client's side of one stream.
class Watcher {
 public:
  explicit Watcher(TestManagement::Stub* stub, const std::string& token = "") {
    WatchModelsRequest request;
    request.set_resume_token(token);
    reader_ = stub->WatchModels(&context_, request);
  }

  // The next response, empty at the stream's end.
  WatchModelsResponse Read() {
    WatchModelsResponse response;
    reader_->Read(&response);
    return response;
  }
  // The names in the next response.
  std::string ReadNames() {
    std::string names;
    const WatchModelsResponse response = Read();
    for (const auto& change : response.changes()) {
      absl::StrAppend(&names, change.name(), " ");
    }
    return names;
  }
  void Cancel() { context_.TryCancel(); }
  // Waits for the stream's end.
  grpc::Status Finish() {
    WatchModelsResponse response;
    while (reader_->Read(&response)) {
    }
    return reader_->Finish();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<WatchModelsResponse>> reader_;
};

TEST(WatchModelsTest, BeginsWithThePresentAndTellsChanges) {
  TestManagement server;
  server.Publish("a", 1, ServableState::kReady);
  Watcher watcher(server.stub());
  const WatchModelsResponse first = watcher.Read();
  EXPECT_TRUE(first.snapshot());
  ASSERT_EQ(first.changes_size(), 1);
  EXPECT_EQ(first.changes(0).name(), "a");
  server.Publish("b", 2, ServableState::kLoading);
  const WatchModelsResponse second = watcher.Read();
  EXPECT_FALSE(second.snapshot());
  ASSERT_EQ(second.changes_size(), 1);
  EXPECT_EQ(second.changes(0).version(), 2);
  EXPECT_EQ(second.changes(0).state(), "LOADING");
}

TEST(WatchModelsTest, ATokenGoesOnWhereItWasGiven) {
  TestManagement server;
  std::string token;
  {
    Watcher watcher(server.stub());
    token = watcher.Read().resume_token();
    watcher.Cancel();
    EXPECT_EQ(watcher.Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  server.Publish("a", 1, ServableState::kReady);
  server.Publish("b", 1, ServableState::kReady);
  Watcher resumed(server.stub(), token);
  const WatchModelsResponse response = resumed.Read();
  EXPECT_FALSE(response.snapshot());
  EXPECT_EQ(response.changes_size(), 2);
}

TEST(WatchModelsTest, ATokenThatIsTooOldLeadsToASnapshot) {
  TestManagement server(/*start=*/1, /*capacity=*/2);
  std::string token;
  {
    Watcher watcher(server.stub());
    token = watcher.Read().resume_token();
  }
  for (const char* name : {"a", "b", "c"}) {
    server.Publish(name, 1, ServableState::kReady);
  }
  Watcher resumed(server.stub(), token);
  const WatchModelsResponse response = resumed.Read();
  EXPECT_TRUE(response.snapshot());
  EXPECT_EQ(response.changes_size(), 3);
}

TEST(WatchModelsTest, SoDoesOneOfTheServersLastLife) {
  std::string token;
  {
    TestManagement before(/*start=*/1);
    Watcher watcher(before.stub());
    token = watcher.Read().resume_token();
    before.server()->Drain(Clock::Real()->Now());
  }
  TestManagement after(/*start=*/2);
  Watcher watcher(after.stub(), token);
  EXPECT_TRUE(watcher.Read().snapshot());
}

TEST(WatchModelsTest, OtherTextIsNoToken) {
  TestManagement server;
  Watcher watcher(server.stub(), "yesterday");
  EXPECT_EQ(watcher.Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST(WatchModelsTest, EachWatcherHearsEverythingInOrder) {
  TestManagement server;
  Watcher one(server.stub());
  Watcher two(server.stub());
  EXPECT_TRUE(one.Read().snapshot());
  EXPECT_TRUE(two.Read().snapshot());
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = absl::StrCat("m", i);
    absl::StrAppend(&expected, name, " ");
    server.Publish(name, 1, ServableState::kReady);
  }
  for (Watcher* watcher : {&one, &two}) {
    std::string heard;
    while (heard.size() < expected.size()) heard += watcher->ReadNames();
    EXPECT_EQ(heard, expected);
  }
}

// The stream's own buffers take a part; what is lost from the monitor meanwhile
// comes as a snapshot.
TEST(WatchModelsTest, ASlowReaderGetsASnapshotInTheEnd) {
  TestManagement server(/*start=*/1, /*capacity=*/16);
  Watcher watcher(server.stub());
  EXPECT_TRUE(watcher.Read().snapshot());
  const std::string reason(1000, 'x');
  for (int i = 0; i < 20'000; ++i) {
    server.monitor()->Publish({{absl::StrCat("m", i % 100), 1},
                               ServableState::kError,
                               absl::InternalError(absl::StrCat(i, reason))});
  }
  server.Publish("last", 1, ServableState::kReady);
  std::set<std::string> present;
  bool snapshot_again = false;
  while (present.count("last") == 0) {
    const WatchModelsResponse response = watcher.Read();
    ASSERT_GT(response.changes_size(), 0);
    snapshot_again = snapshot_again || response.snapshot();
    for (const auto& change : response.changes()) present.insert(change.name());
  }
  EXPECT_TRUE(snapshot_again);
  EXPECT_EQ(present.size(), 101u);
}

TEST(WatchModelsTest, ADrainEndsTheStreams) {
  TestManagement server;
  Watcher watcher(server.stub());
  EXPECT_TRUE(watcher.Read().snapshot());
  auto drain = std::async(std::launch::async, [&] {
    server.server()->Drain(Clock::Real()->Now() + std::chrono::seconds(300));
  });
  const grpc::Status status = watcher.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_NE(status.error_message().find("draining"), std::string::npos);
  drain.get();
}

// A stream may end while its start, a wake-up or a write is still handled.
TEST(WatchModelsTest, ManyWatchersComeAndGoWhileStatesChange) {
  TestManagement server;
  std::atomic<bool> stop = false;
  std::thread changes([&] {
    for (int i = 0; !stop; ++i) {
      const bool even = i / 10 % 2 == 0;
      server.Publish(absl::StrCat("m", i % 10), 1,
                     even ? ServableState::kLoading : ServableState::kReady);
      std::this_thread::yield();
    }
  });
  for (int i = 0; i < 300; ++i) {
    Watcher watcher(server.stub());
    if (i % 2 == 0) {
      EXPECT_TRUE(watcher.Read().snapshot());
    }
    if (i % 4 == 0) watcher.Read();
    watcher.Cancel();
  }
  stop = true;
  changes.join();
  Watcher last(server.stub());
  EXPECT_TRUE(last.Read().snapshot());
}

}  // namespace
}  // namespace sconce

#include "server/core/readiness.h"

#include "gtest/gtest.h"

namespace sconce {
namespace {

using State = ServableState;
using Reports = std::vector<ServableReport>;

ServableReport Is(const char* model, State state, int64_t version = 1) {
  return {{model, version}, state, absl::OkStatus(), {}};
}

TEST(ReadinessTest, NotBeforeItIsStatedWhatIsWanted) {
  Readiness readiness(true);
  EXPECT_FALSE(readiness.IsReady({}));
  readiness.Begin();
  EXPECT_TRUE(readiness.IsReady({}));
}

TEST(ReadinessTest, NotWhileTheFirstLoadsGoOn) {
  for (bool strict : {true, false}) {
    Readiness readiness(strict);
    readiness.Begin();
    EXPECT_FALSE(
        readiness.IsReady({Is("a", State::kReady), Is("b", State::kLoading)}));
    EXPECT_FALSE(readiness.IsReady({Is("a", State::kNew)}));
    EXPECT_TRUE(
        readiness.IsReady({Is("a", State::kReady), Is("b", State::kReady)}));
  }
}

TEST(ReadinessTest, AFailureAtTheStartCountsWhenItIsStrict) {
  const Reports reports = {Is("a", State::kReady), Is("b", State::kError)};
  Readiness strict(true);
  strict.Begin();
  EXPECT_FALSE(strict.IsReady(reports));
  Readiness lenient(false);
  lenient.Begin();
  EXPECT_TRUE(lenient.IsReady(reports));
}

class StartedTest : public testing::Test {
 protected:
  StartedTest() {
    readiness_.Begin();
    EXPECT_TRUE(readiness_.IsReady({Is("a", State::kReady)}));
  }
  Readiness readiness_{true};
};

TEST_F(StartedTest, AReloadChangesNothing) {
  EXPECT_TRUE(readiness_.IsReady(
      {Is("a", State::kReady), Is("a", State::kLoading, 2)}));
  EXPECT_TRUE(readiness_.IsReady(
      {Is("a", State::kQuiescing), Is("a", State::kReady, 2)}));
}

TEST_F(StartedTest, NorDoesOneThatFails) {
  EXPECT_TRUE(
      readiness_.IsReady({Is("a", State::kReady), Is("a", State::kError, 2)}));
}

TEST_F(StartedTest, NorAModelThatComesLaterAndFails) {
  EXPECT_TRUE(
      readiness_.IsReady({Is("a", State::kReady), Is("b", State::kLoading)}));
  EXPECT_TRUE(
      readiness_.IsReady({Is("a", State::kReady), Is("b", State::kError)}));
}

TEST_F(StartedTest, AModelThatCannotAnswerAnyMoreDoes) {
  EXPECT_FALSE(readiness_.IsReady({Is("a", State::kSuspended)}));
  EXPECT_TRUE(readiness_.IsReady({Is("a", State::kReady)}));
}

TEST_F(StartedTest, SoDoesOneThatCameLater) {
  EXPECT_TRUE(
      readiness_.IsReady({Is("a", State::kReady), Is("b", State::kReady)}));
  EXPECT_FALSE(
      readiness_.IsReady({Is("a", State::kReady), Is("b", State::kSuspended)}));
}

TEST_F(StartedTest, AModelThatWasUnloadedIsNotMissed) {
  EXPECT_TRUE(readiness_.IsReady({}));
}

TEST_F(StartedTest, NorIsOneThatWaitsForItsLastRequests) {
  EXPECT_TRUE(readiness_.IsReady({Is("a", State::kQuiescing)}));
  EXPECT_TRUE(
      readiness_.IsReady({Is("a", State::kQuiescing), Is("b", State::kReady)}));
}

}  // namespace
}  // namespace sconce

#include "server/rpc/answer_once.h"

#include <gtest/gtest.h>

#include <vector>

namespace sconce {
namespace {

using Once = AnswerOnce<absl::Status>;

class AnswerOnceTest : public ::testing::Test {
 protected:
  Once::Answer Make() {
    return Once::Wrap([this](const absl::Status& s) { answers_.push_back(s); });
  }
  std::vector<absl::Status> answers_;
};

TEST_F(AnswerOnceTest, PassesTheFirstAnswerOn) {
  {
    const auto answer = Make();
    const auto copy = answer;
    copy(absl::NotFoundError("first"));
    answer(absl::OkStatus());
  }
  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_EQ(answers_[0], absl::NotFoundError("first"));
}

TEST_F(AnswerOnceTest, WhatIsDroppedIsAnsweredWithTheLastCopy) {
  {
    const auto answer = Make();
    { const auto copy = answer; }
    EXPECT_TRUE(answers_.empty());
  }
  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_TRUE(absl::IsInternal(answers_[0]));
}

}  // namespace
}  // namespace sconce

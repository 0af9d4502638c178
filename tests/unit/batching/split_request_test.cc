#include "server/batching/split_request.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/support/recording_task.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Takes the parts of a request, and ends them when a test says so.
class SplitRequestTest : public testing::Test {
 protected:
  // Of rows of two elements, `value` each.
  void AddInput(const std::string& name, int64_t rows, float value = 1) {
    whole_.AddInput(name, {rows, 2}, value);
  }

  absl::Status Split(int64_t part_rows) {
    return SplitRequest::Schedule("net", part_rows, &whole_,
                                  [&](absl::Span<InferTask* const> parts) {
                                    parts_.assign(parts.begin(), parts.end());
                                    return submitted_;
                                  });
  }

  std::vector<int64_t> Rows() const {
    std::vector<int64_t> rows;
    for (const InferTask* part : parts_) rows.push_back(part->rows);
    return rows;
  }

  // Answers part `index` with its own input.
  void Answer(size_t index) {
    const InputTensor& x = parts_[index]->inputs.at(0);
    auto bytes = std::make_shared<const std::string>(x.bytes.Join());
    OutputTensor y{"y", x.type, x.shape, {}, bytes};
    y.bytes = {reinterpret_cast<const uint8_t*>(bytes->data()), bytes->size()};
    parts_[index]->Finish(std::vector<OutputTensor>{std::move(y)});
  }

  bool IsAnswered() const { return whole_.done.HasBeenNotified(); }

  RecordingTask whole_;
  absl::Status submitted_;
  std::vector<InferTask*> parts_;
};

TEST_F(SplitRequestTest, AllPartsButTheLastAreFull) {
  AddInput("x", 11);
  ASSERT_TRUE(Split(4).ok());
  EXPECT_THAT(Rows(), ElementsAre(4, 4, 3));
  for (size_t i = 0; i < 3; ++i) Answer(i);
}

TEST_F(SplitRequestTest, EachPartHasItsRowsOfEveryTensor) {
  std::vector<uint8_t> a = {1, 2, 3};
  std::vector<uint8_t> b = {1, 1, 2, 2, 3, 3};
  whole_.inputs = {
      {"a", DataType::kUint8, {3}, ByteChunks(absl::MakeConstSpan(a))},
      {"b", DataType::kUint8, {3, 2}, ByteChunks(absl::MakeConstSpan(b))}};
  whole_.rows = 3;
  ASSERT_TRUE(Split(2).ok());
  ASSERT_EQ(parts_.size(), 2u);
  EXPECT_EQ(parts_[0]->inputs[0].bytes.Join(), "\1\2");
  EXPECT_EQ(parts_[0]->inputs[1].bytes.Join(), "\1\1\2\2");
  EXPECT_EQ(parts_[1]->inputs[0].shape, (Shape{1}));
  EXPECT_EQ(parts_[1]->inputs[1].shape, (Shape{1, 2}));
  EXPECT_EQ(parts_[1]->inputs[1].bytes.Join(), "\3\3");
  // No copy was made.
  EXPECT_EQ(parts_[1]->inputs[1].bytes.chunks()[0].data(), b.data() + 4);
  for (size_t i = 0; i < 2; ++i) Answer(i);
}

TEST_F(SplitRequestTest, ValuesThatAreNoTensorsGoToAllParts) {
  AddInput("x", 3);
  AddInput("k", 1, 5);
  whole_.inputs[1].by_value = true;
  whole_.rows = 3;
  ASSERT_TRUE(Split(2).ok());
  for (const InferTask* part : parts_) {
    EXPECT_EQ(part->inputs.at(1).bytes.Join(), whole_.inputs[1].bytes.Join());
    EXPECT_EQ(part->inputs.at(1).shape, (Shape{1, 2}));
  }
  for (size_t i = 0; i < 2; ++i) Answer(i);
}

TEST_F(SplitRequestTest, PartsHaveWhatTheRequestAskedFor) {
  AddInput("x", 3);
  whole_.deadline = MonoTime(std::chrono::seconds(7));
  whole_.priority = 2;
  whole_.requested_outputs = {"y"};
  ASSERT_TRUE(Split(2).ok());
  for (const InferTask* part : parts_) {
    EXPECT_EQ(part->deadline, whole_.deadline);
    EXPECT_EQ(part->priority, 2);
    EXPECT_THAT(part->requested_outputs, ElementsAre("y"));
    EXPECT_TRUE(part->stackable);
  }
  for (size_t i = 0; i < 2; ++i) Answer(i);
}

TEST_F(SplitRequestTest, TheAnswersAreJoinedInOrderWhateverTheirOrder) {
  std::vector<uint8_t> x = {1, 2, 3, 4, 5};
  whole_.inputs = {
      {"x", DataType::kUint8, {5}, ByteChunks(absl::MakeConstSpan(x))}};
  whole_.rows = 5;
  ASSERT_TRUE(Split(2).ok());
  Answer(2);
  Answer(0);
  EXPECT_FALSE(IsAnswered());
  Answer(1);
  ASSERT_TRUE(whole_.result.ok()) << whole_.result.status();
  const OutputTensor& y = whole_.result->at(0);
  EXPECT_EQ(y.shape, (Shape{5}));
  EXPECT_THAT(std::vector<uint8_t>(y.bytes.begin(), y.bytes.end()),
              ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(SplitRequestTest, TheFirstErrorIsToldWhenAllPartsEnded) {
  AddInput("x", 6);
  ASSERT_TRUE(Split(2).ok());
  parts_[1]->Finish(absl::InternalError("first"));
  parts_[0]->Finish(absl::CancelledError("second"));
  EXPECT_FALSE(IsAnswered());
  Answer(2);
  EXPECT_EQ(whole_.result.status(), absl::InternalError("first"));
}

TEST_F(SplitRequestTest, AfterAnErrorNobodyWaitsForTheOtherParts) {
  AddInput("x", 4);
  ASSERT_TRUE(Split(2).ok());
  EXPECT_FALSE(parts_[1]->IsCancelled());
  parts_[0]->Finish(absl::InternalError("broken"));
  EXPECT_TRUE(parts_[1]->IsCancelled());
  Answer(1);
}

TEST_F(SplitRequestTest, PartsOfACancelledRequestAreCancelled) {
  AddInput("x", 4);
  ASSERT_TRUE(Split(2).ok());
  whole_.cancelled = true;
  for (InferTask* part : parts_) EXPECT_TRUE(part->IsCancelled());
  for (size_t i = 0; i < 2; ++i) Answer(i);
}

TEST_F(SplitRequestTest, WhatIsNotTakenOverIsStillTheCallers) {
  AddInput("x", 4);
  submitted_ = absl::ResourceExhaustedError("full");
  EXPECT_EQ(Split(2), submitted_);
  EXPECT_FALSE(IsAnswered());
}

TEST_F(SplitRequestTest, OutputsWithoutRowsAreRefusedWithARemedy) {
  AddInput("x", 3);
  ASSERT_TRUE(Split(2).ok());
  for (InferTask* part : parts_) {
    part->Finish(std::vector<OutputTensor>{{.name = "loss", .shape = {}}});
  }
  EXPECT_TRUE(absl::IsInvalidArgument(whole_.result.status()));
  EXPECT_THAT(std::string(whole_.result.status().message()),
              HasSubstr("output 'loss' has shape [] for 2 rows, not one row "
                        "for each; send at most 2 rows at once to model "
                        "'net'"));
}

TEST_F(SplitRequestTest, ItsTimesAreFromTheFirstPartToTheLast) {
  const auto at = [](int s) { return MonoTime(std::chrono::seconds(s)); };
  AddInput("x", 3);
  whole_.trace.received = at(1);
  ASSERT_TRUE(Split(2).ok());
  parts_[0]->trace = {at(1), at(2), at(5), at(6), at(9), at(10), 4};
  parts_[1]->trace = {at(1), at(2), at(3), at(4), at(7), at(8), 3};
  for (size_t i = 0; i < 2; ++i) Answer(i);
  EXPECT_EQ(whole_.trace.received, at(1));
  EXPECT_EQ(whole_.trace.enqueued, at(2));
  EXPECT_EQ(whole_.trace.batch_start, at(3));
  EXPECT_EQ(whole_.trace.forward_start, at(4));
  EXPECT_EQ(whole_.trace.forward_end, at(9));
  EXPECT_EQ(whole_.trace.batch_end, at(10));
  EXPECT_EQ(whole_.trace.batch_rows, 4);
}

}  // namespace
}  // namespace sconce

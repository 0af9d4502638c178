#include "server/batching/padded_request.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/support/recording_task.h"
#include "tests/unit/telemetry/metrics_page.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;

class PaddedRequestTest : public testing::Test {
 protected:
  PaddedRequestTest() {
    rules_.rules = {{.inputs = {{"x", 1}, {"mask", 1}},
                     .outputs = {{"y", 1}},
                     .sizes = {4, 8},
                     .value = 0}};
    rules_.needed = {"mask"};
    telemetry_.StartCounting();
  }

  // Two rows of `size` ones each, and as long a mask.
  void AddInputs(int64_t size) {
    whole_.AddInput("x", {2, size}, 1);
    whole_.AddInput("mask", {2, size}, 1);
  }

  std::unique_ptr<PaddedRequest> Make() {
    return PaddedRequest::Make({"net", &rules_, &telemetry_}, &whole_);
  }

  static std::vector<float> Floats(absl::Span<const uint8_t> bytes) {
    const auto* const begin = reinterpret_cast<const float*>(bytes.data());
    return {begin, begin + bytes.size() / sizeof(float)};
  }

  // Answers with the input x as y.
  static void Echo(std::unique_ptr<PaddedRequest> request) {
    const InputTensor& x = request->inputs[0];
    auto bytes = std::make_shared<const std::string>(x.bytes.Join());
    OutputTensor y{"y", x.type, x.shape, {}, bytes};
    y.bytes = {reinterpret_cast<const uint8_t*>(bytes->data()), bytes->size()};
    request.release()->Finish(std::vector<OutputTensor>{std::move(y)});
  }

  std::optional<double> Value(const std::string& name) {
    return Sample(metrics_, name + "{model=\"net\",version=\"1\"}");
  }

  ServerMetrics metrics_;
  ServableTelemetry telemetry_{metrics_.ForServable("net", 1)};
  PaddingRules rules_;
  RecordingTask whole_;
};

TEST_F(PaddedRequestTest, IsAsLongAsTheNextAllowedSize) {
  AddInputs(3);
  const auto padded = Make();
  ASSERT_NE(padded, nullptr);
  EXPECT_EQ(padded->inputs[0].shape, (Shape{2, 4}));
  EXPECT_EQ(padded->inputs[1].shape, (Shape{2, 4}));
  const std::string bytes = padded->inputs[0].bytes.Join();
  EXPECT_THAT(
      Floats({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}),
      ElementsAre(1, 1, 1, 0, 1, 1, 1, 0));
  // What the client sent is as it was.
  EXPECT_EQ(whole_.inputs[0].shape, (Shape{2, 3}));
}

TEST_F(PaddedRequestTest, OutputsAreCutBack) {
  AddInputs(3);
  Echo(Make());
  ASSERT_TRUE(whole_.result.ok()) << whole_.result.status();
  const OutputTensor& y = whole_.result->at(0);
  EXPECT_EQ(y.shape, (Shape{2, 3}));
  EXPECT_THAT(Floats(y.bytes), ElementsAre(1, 1, 1, 1, 1, 1));
}

TEST_F(PaddedRequestTest, OtherOutputsAreLeftAsTheyAre) {
  AddInputs(3);
  const std::vector<float> data = {1, 2, 3, 4};
  OutputTensor z{.name = "z", .shape = {1, 4}};
  z.bytes = {reinterpret_cast<const uint8_t*>(data.data()), 16};
  Make().release()->Finish(std::vector<OutputTensor>{z});
  EXPECT_EQ(whole_.result->at(0).shape, (Shape{1, 4}));
}

TEST_F(PaddedRequestTest, AllowedSizesAndLongerOnesAreLeftAlone) {
  for (const int64_t size : {0, 4, 8, 9}) {
    whole_.inputs.clear();
    AddInputs(size);
    EXPECT_EQ(Make(), nullptr) << size;
  }
}

TEST_F(PaddedRequestTest, WithoutAMaskNothingIsPadded) {
  whole_.AddInput("x", {2, 3}, 1);
  EXPECT_EQ(Make(), nullptr);
}

TEST_F(PaddedRequestTest, InputsThatDisagreeAreLeftToTheModel) {
  whole_.AddInput("x", {2, 3}, 1);
  whole_.AddInput("mask", {2, 2}, 1);
  EXPECT_EQ(Make(), nullptr);
}

class PaddingApartTest : public PaddedRequestTest {
 protected:
  // The mask has a statement of its own.
  PaddingApartTest() {
    rules_.rules = {{.inputs = {{"x", 1}}, .sizes = {4, 8}, .value = 7},
                    {.inputs = {{"mask", 1}}, .sizes = {4, 8}}};
  }

  // Whether it is padded with inputs so long.
  bool IsPadded(int64_t x, int64_t mask) {
    whole_.inputs.clear();
    whole_.AddInput("x", {2, x}, 1);
    whole_.AddInput("mask", {2, mask}, 1);
    return Make() != nullptr;
  }
};

TEST_F(PaddingApartTest, EqualLengthsStayEqual) {
  EXPECT_TRUE(IsPadded(3, 3));
  rules_.rules[1].sizes = {4, 6};
  EXPECT_TRUE(IsPadded(3, 3));
  EXPECT_FALSE(IsPadded(5, 5));
}

TEST_F(PaddingApartTest, DifferentLengthsStayDifferent) {
  EXPECT_TRUE(IsPadded(3, 5));
  EXPECT_FALSE(IsPadded(5, 6));
  EXPECT_FALSE(IsPadded(3, 4));
}

TEST_F(PaddingApartTest, WhatMayBeBroadcastIsLeftAlone) {
  EXPECT_TRUE(IsPadded(1, 1));
  EXPECT_FALSE(IsPadded(5, 1));
  EXPECT_FALSE(IsPadded(1, 9));
}

TEST_F(PaddedRequestTest, AnOptionalInputMayBeAbsent) {
  rules_.rules[0].inputs.push_back({"types", 1});
  AddInputs(3);
  EXPECT_NE(Make(), nullptr);
}

TEST_F(PaddedRequestTest, EmptyTensorsAreLeftAlone) {
  rules_.needed.clear();
  rules_.rules[0].inputs = {{"x", 1}};
  whole_.AddInput("x", {int64_t{1} << 60, 3, 0}, 1);
  EXPECT_EQ(Make(), nullptr);
}

TEST_F(PaddedRequestTest, WhatWouldBecomeTooLargeIsLeftAlone) {
  rules_.rules[0].sizes = {int64_t{1} << 30};
  AddInputs(3);
  EXPECT_EQ(Make(), nullptr);
}

TEST_F(PaddedRequestTest, SeveralDimensionsMayBePadded) {
  rules_.needed.clear();
  rules_.rules = {
      {.inputs = {{"x", 1}}, .outputs = {{"y", 1}}, .sizes = {3}},
      {.inputs = {{"x", 2}}, .outputs = {{"y", 2}}, .sizes = {2}, .value = 7}};
  whole_.AddInput("x", {1, 2, 1}, 1);
  auto padded = Make();
  EXPECT_EQ(padded->inputs[0].shape, (Shape{1, 3, 2}));
  const std::string bytes = padded->inputs[0].bytes.Join();
  EXPECT_THAT(
      Floats({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}),
      ElementsAre(1, 7, 1, 7, 0, 7));
  Echo(std::move(padded));
  EXPECT_EQ(whole_.result->at(0).shape, (Shape{1, 2, 1}));
  EXPECT_THAT(Floats(whole_.result->at(0).bytes), ElementsAre(1, 1));
}

TEST_F(PaddedRequestTest, AnOutputThatWasToHaveTheLengthAndHasNotIsAFault) {
  AddInputs(3);
  Make().release()->Finish(
      std::vector<OutputTensor>{{.name = "y", .shape = {2, 1}}});
  EXPECT_TRUE(absl::IsInternal(whole_.result.status()));
  EXPECT_THAT(std::string(whole_.result.status().message()),
              HasSubstr("model 'net': output 'y' has shape [2,1], but 4 was "
                        "expected at dimension 1"));
}

TEST_F(PaddedRequestTest, AnErrorIsPassedOn) {
  AddInputs(3);
  Make().release()->Finish(absl::CancelledError("gone"));
  EXPECT_EQ(whole_.result.status(), absl::CancelledError("gone"));
  EXPECT_EQ(Value("sconce_padded_requests_total"), std::nullopt);
}

TEST_F(PaddedRequestTest, HasWhatTheRequestAskedFor) {
  AddInputs(3);
  whole_.priority = 2;
  whole_.deadline = MonoTime(MonoDuration(5));
  whole_.requested_outputs = {"y"};
  whole_.sequence = SequencePlace{"s", true, false};
  const auto padded = Make();
  EXPECT_EQ(padded->priority, 2);
  EXPECT_EQ(padded->deadline, whole_.deadline);
  EXPECT_THAT(padded->requested_outputs, ElementsAre("y"));
  EXPECT_EQ(padded->sequence->id, "s");
  EXPECT_FALSE(padded->IsCancelled());
  whole_.cancelled = true;
  EXPECT_TRUE(padded->IsCancelled());
}

TEST_F(PaddedRequestTest, WasteIsCounted) {
  AddInputs(3);
  auto padded = Make();
  padded->rows = 2;
  Echo(std::move(padded));
  EXPECT_EQ(whole_.rows, 2);
  EXPECT_THAT(Value("sconce_padded_requests_total"), Optional(1));
  EXPECT_THAT(Value("sconce_padding_elements_total"), Optional(4));
}

}  // namespace
}  // namespace sconce

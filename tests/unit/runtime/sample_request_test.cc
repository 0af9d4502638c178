#include "server/runtime/sample_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "tests/support/recording_task.h"

namespace sconce {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::Le;

std::vector<float> FloatsOf(const InputTensor& input) {
  std::vector<float> values(input.bytes.size() / sizeof(float));
  input.bytes.CopyTo(values.data());
  return values;
}

std::vector<int64_t> IntegersOf(const InputTensor& input) {
  std::vector<int64_t> values(input.bytes.size() / sizeof(int64_t));
  input.bytes.CopyTo(values.data());
  return values;
}

TEST(SampleRequestTest, OutlivesWhatItWasCopiedFrom) {
  auto task = std::make_unique<RecordingTask>();
  task->AddInput("x", {2, 2}, 3);
  const SampleRequest sample(*task);
  task.reset();
  EXPECT_EQ(sample.rows, 2);
  EXPECT_THAT(FloatsOf(sample.inputs.at(0)), ElementsAre(3, 3, 3, 3));
}

TEST(SampleRequestTest, VariesFloatsInSignAndScale) {
  RecordingTask task;
  task.AddInput("x", {1, 64}, 3);
  const SampleRequest sample(task);
  const auto varied = SampleRequest::Vary(sample, 1);
  ASSERT_TRUE(varied.ok()) << varied.status();
  ASSERT_EQ(varied->size(), 5u);
  bool negative = false;
  for (const auto& other : *varied) {
    EXPECT_FALSE(other->HasInputsOf(sample));
    EXPECT_EQ(other->inputs.at(0).shape, Shape({1, 64}));
    negative |= FloatsOf(other->inputs.at(0)).at(0) < 0;
  }
  EXPECT_TRUE(negative);
  EXPECT_FALSE(varied->at(0)->HasInputsOf(*varied->at(2)));
}

// An index that is too large would end in an error of the model.
TEST(SampleRequestTest, KeepsIntegersBetweenThoseOfTheRequest) {
  const std::vector<int64_t> ids = {2, 9, 4, 7, 3, 8, 5, 6};
  RecordingTask task;
  task.inputs.push_back(
      {"ids",
       DataType::kInt64,
       {1, 8},
       ByteChunks({reinterpret_cast<const uint8_t*>(ids.data()), 64})});
  const SampleRequest sample(task);
  const auto varied = SampleRequest::Vary(sample, 1);
  ASSERT_TRUE(varied.ok()) << varied.status();
  for (const auto& other : *varied) {
    EXPECT_FALSE(other->HasInputsOf(sample));
    EXPECT_THAT(IntegersOf(other->inputs.at(0)), Each(Ge(0)));
    EXPECT_THAT(IntegersOf(other->inputs.at(0)), Each(Le(9)));
  }
}

TEST(SampleRequestTest, KeepsValuesThatAreNoTensors) {
  RecordingTask task;
  task.AddInput("scale", {1}, 3);
  task.inputs.at(0).by_value = true;
  const SampleRequest sample(task);
  const auto varied = SampleRequest::Vary(sample, 1);
  ASSERT_TRUE(varied.ok());
  EXPECT_TRUE(varied->at(0)->HasInputsOf(sample));
}

TEST(SampleRequestTest, TakesTheFirstRow) {
  RecordingTask task;
  task.AddInput("x", {3, 2}, 5);
  const auto row = SampleRequest::FirstRow(SampleRequest(task));
  EXPECT_EQ(row->rows, 1);
  EXPECT_EQ(row->inputs.at(0).shape, Shape({1, 2}));
  EXPECT_THAT(FloatsOf(row->inputs.at(0)), ElementsAre(5, 5));
}

}  // namespace
}  // namespace sconce

#include "server/runtime/tensor_codec.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "server/tensor/strings.h"
#include "tests/support/recording_task.h"

namespace sconce {
namespace {

std::vector<float> Floats(const OutputTensor& output) {
  const auto* begin = reinterpret_cast<const float*>(output.bytes.data());
  return {begin, begin + output.bytes.size() / sizeof(float)};
}

TEST(DataTypeTest, EveryProtocolTypeButBytesHasATorchType) {
  for (int i = 0; i <= static_cast<int>(DataType::kBytes); ++i) {
    const auto type = static_cast<DataType>(i);
    const auto scalar = ToScalarType(type);
    EXPECT_EQ(scalar.has_value(), type != DataType::kBytes);
    if (scalar) {
      EXPECT_EQ(ToDataType(*scalar), type);
      EXPECT_EQ(c10::elementSize(*scalar), ElementSize(type));
    }
  }
  EXPECT_EQ(ToDataType(c10::ScalarType::ComplexFloat), std::nullopt);
}

TEST(GatherInputTest, StacksRowsInOrder) {
  RecordingTask a;
  a.AddInput("x", {1, 2}, 1);
  RecordingTask b;
  b.AddInput("x", {2, 2}, 2);
  std::vector<InferTask*> tasks = {&a, &b};
  const at::Tensor stacked = GatherInput(tasks, 0);
  EXPECT_TRUE(at::equal(
      stacked, at::tensor({1.f, 1.f, 2.f, 2.f, 2.f, 2.f}).view({3, 2})));
}

TEST(GatherInputTest, CopiesSoThatAModelMayWriteIntoItsInput) {
  RecordingTask task;
  task.AddInput("x", {2}, 5);
  std::vector<InferTask*> tasks = {&task};
  GatherInput(tasks, 0).fill_(9);
  EXPECT_TRUE(at::equal(GatherInput(tasks, 0), at::full({2}, 5.f)));
}

// A task whose one input, four floats, lies `offset` bytes into a block that
// it owns.
struct OwningTask : RecordingTask {
  explicit OwningTask(size_t offset)
      : block(std::make_shared<std::vector<uint8_t>>(64)) {
    const absl::Span<const uint8_t> all(*block);
    InputTensor input;
    input.name = "x";
    input.shape = {1, 4};
    input.bytes = ByteChunks(all.subspan(offset, 16));
    input.owner = block;
    inputs.push_back(input);
  }

  bool IsLent() {
    std::vector<InferTask*> tasks = {this};
    return GatherInput(tasks, 0).const_data_ptr() ==
           static_cast<const void*>(inputs[0].bytes.chunks()[0].data());
  }

  std::shared_ptr<std::vector<uint8_t>> block;
};

TEST(GatherInputTest, BytesWithAnOwnerAreNotCopied) {
  OwningTask task(4);
  EXPECT_TRUE(task.IsLent());
}

TEST(GatherInputTest, ATensorKeepsTheBytesThatItWasLent) {
  OwningTask task(0);
  std::vector<InferTask*> tasks = {&task};
  const at::Tensor tensor = GatherInput(tasks, 0);
  const std::weak_ptr<std::vector<uint8_t>> block = task.block;
  task.inputs.clear();
  task.block.reset();
  EXPECT_FALSE(block.expired());
  EXPECT_TRUE(at::equal(tensor, at::zeros({1, 4})));
}

TEST(GatherInputTest, BytesOutOfLineAreCopied) {
  OwningTask task(2);
  EXPECT_FALSE(task.IsLent());
}

TEST(GatherInputTest, BytesThatAreNeededAgainAreCopied) {
  OwningTask sample(0);
  sample.is_sample = true;
  EXPECT_FALSE(sample.IsLent());
  OwningTask step(0);
  step.sequence = SequencePlace{"'s'"};
  EXPECT_FALSE(step.IsLent());
}

TEST(GatherInputTest, BytesOfSeveralTasksAreCopied) {
  OwningTask a(0);
  OwningTask b(0);
  std::vector<InferTask*> tasks = {&a, &b};
  EXPECT_NE(GatherInput(tasks, 0).const_data_ptr(),
            static_cast<const void*>(a.block->data()));
}

TEST(GatherInputTest, KeepsScalarsAndEmptyTensors) {
  RecordingTask task;
  task.AddInput("scalar", {}, 3);
  task.AddInput("empty", {0, 4}, 0);
  std::vector<InferTask*> tasks = {&task};
  EXPECT_EQ(GatherInput(tasks, 0).item<float>(), 3);
  EXPECT_EQ(GatherInput(tasks, 1).sizes(), (std::vector<int64_t>{0, 4}));
}

TEST(SharedOutputTest, DoesNotCopyADenseTensor) {
  const at::Tensor tensor = at::ones({4, 2});
  const OutputTensor output = SharedOutput("y", tensor).All();
  EXPECT_EQ(static_cast<const void*>(output.bytes.data()),
            tensor.const_data_ptr());
}

TEST(SharedOutputTest, MakesViewsDense) {
  const at::Tensor transposed =
      at::tensor({1.f, 2.f, 3.f, 4.f}).view({2, 2}).t();
  EXPECT_EQ(Floats(SharedOutput("y", transposed).All()),
            (std::vector<float>{1, 3, 2, 4}));
  EXPECT_EQ(Floats(SharedOutput("y", at::tensor({7.f}).expand({3})).All()),
            (std::vector<float>{7, 7, 7}));
}

TEST(SharedOutputTest, ResolvesLazyNegation) {
  const at::Tensor negated = at::_neg_view(at::tensor({1.f, 2.f}));
  EXPECT_EQ(Floats(SharedOutput("y", negated).All()),
            (std::vector<float>{-1, -2}));
}

TEST(SharedOutputTest, RowsAreSlicesOfTheTensor) {
  const SharedOutput shared("y", at::arange(6, at::kFloat).view({3, 2}));
  const OutputTensor rows = shared.Rows(1, 2);
  EXPECT_EQ(rows.shape, Shape({2, 2}));
  EXPECT_EQ(Floats(rows), (std::vector<float>{2, 3, 4, 5}));
}

TEST(SharedOutputTest, NoRowsOfAnEmptyTensor) {
  const OutputTensor rows = SharedOutput("y", at::ones({0, 3})).Rows(0, 0);
  EXPECT_EQ(rows.shape, Shape({0, 3}));
  EXPECT_TRUE(rows.bytes.empty());
}

TEST(SharedOutputTest, OutlivesTheObjectAndTheTensor) {
  OutputTensor output;
  { output = SharedOutput("y", at::full({1000}, 4.f)).All(); }
  EXPECT_EQ(Floats(output)[999], 4);
}

TEST(SharedOutputTest, RowsOfStringsAreCutAtTheirLengths) {
  std::vector<uint8_t> bytes;
  for (const char* text : {"cat", "", "hippopotamus"}) {
    AppendString(text, &bytes);
  }
  const at::Tensor packed =
      at::from_blob(bytes.data(), {static_cast<int64_t>(bytes.size())},
                    at::kByte)
          .clone();
  const SharedOutput output("label", packed, Shape{3});
  const OutputTensor last = output.Rows(2, 1);
  EXPECT_EQ(last.type, DataType::kBytes);
  EXPECT_EQ(last.shape, Shape({1}));
  EXPECT_EQ(ReadStrings(ByteChunks(last.bytes)),
            std::vector<std::string>({"hippopotamus"}));
  EXPECT_EQ(ReadStrings(ByteChunks(output.Rows(0, 2).bytes)),
            std::vector<std::string>({"cat", ""}));
}

}  // namespace
}  // namespace sconce

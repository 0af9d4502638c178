#include "server/tensor/learned_signature.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "server/base/thread.h"

namespace sconce {
namespace {

TensorSpec Spec(const std::string& name) {
  TensorSpec spec;
  spec.name = name;
  return spec;
}

// One input "x", of which nothing is known, and no known output.
ModelSignature OneInput(int64_t max_batch_size = 0) {
  ModelSignature signature;
  signature.inputs = {Spec("x")};
  signature.max_batch_size = max_batch_size;
  return signature;
}

// Observes an execution with one input and, unless empty, one output "y".
void Observe(LearnedSignature* learned, const Shape& input,
             const Shape& output = {}, DataType type = DataType::kFp32) {
  const ObservedTensor in = {"", type, input};
  const ObservedTensor out = {"y", type, output};
  learned->Observe({in}, output.empty() ? absl::Span<const ObservedTensor>()
                                        : absl::MakeConstSpan(&out, 1));
}

TEST(LearnedSignatureTest, StartsWithWhatItWasGiven) {
  const LearnedSignature learned(OneInput(4));
  EXPECT_EQ(learned.Get()->max_batch_size, 4);
  ASSERT_EQ(learned.Get()->inputs.size(), 1u);
  EXPECT_EQ(learned.Get()->inputs[0].name, "x");
}

TEST(LearnedSignatureTest, LearnsAnInputsTypeAndShape) {
  LearnedSignature learned(OneInput());
  Observe(&learned, {2, 3}, {}, DataType::kInt64);
  EXPECT_EQ(learned.Get()->inputs[0].type, DataType::kInt64);
  EXPECT_EQ(learned.Get()->inputs[0].shape, Shape({2, 3}));
}

// Two replicas that met other clients must not differ.
TEST(LearnedSignatureTest, ClientsTeachTheRankOnly) {
  LearnedSignature learned(OneInput());
  learned.Open();
  Observe(&learned, {2, 3}, {2, 10}, DataType::kInt64);
  EXPECT_EQ(learned.Get()->inputs[0].type, DataType::kInt64);
  EXPECT_EQ(learned.Get()->inputs[0].shape, Shape({kAnySize, kAnySize}));
  EXPECT_EQ(learned.Get()->outputs[0].shape, Shape({kAnySize, kAnySize}));
}

TEST(LearnedSignatureTest, WhatTheLoadTaughtStaysUntilAClientDiffers) {
  LearnedSignature learned(OneInput());
  Observe(&learned, {2, 3}, {2, 10});
  learned.Open();
  EXPECT_EQ(learned.Get()->outputs[0].shape, Shape({2, 10}));
  Observe(&learned, {4, 3}, {4, 10});
  EXPECT_EQ(learned.Get()->outputs[0].shape, Shape({kAnySize, 10}));
}

TEST(LearnedSignatureTest, AnyRowsAreAnySizeOfTheFirstDimension) {
  LearnedSignature learned(OneInput());
  Observe(&learned, {2, 3}, {2, 10});
  learned.SetAnyRows();
  EXPECT_EQ(learned.Get()->inputs[0].shape, Shape({kAnySize, 3}));
  EXPECT_EQ(learned.Get()->outputs[0].shape, Shape({kAnySize, 10}));
}

TEST(LearnedSignatureTest, WhatItLearnsIsObservedNotDeclared) {
  LearnedSignature learned(OneInput());
  Observe(&learned, {2, 3});
  EXPECT_EQ(learned.Get()->inputs[0].type_origin, FactOrigin::kObserved);
  EXPECT_EQ(learned.Get()->inputs[0].shape_origin, FactOrigin::kObserved);
}

TEST(LearnedSignatureTest, LearnsOutputsWithTheirNames) {
  LearnedSignature learned(OneInput());
  Observe(&learned, {2}, {2, 10});
  ASSERT_EQ(learned.Get()->outputs.size(), 1u);
  EXPECT_EQ(learned.Get()->outputs[0].name, "y");
  EXPECT_EQ(learned.Get()->outputs[0].shape, Shape({2, 10}));
}

TEST(LearnedSignatureTest, SeveralOutputsKeepTheirOrder) {
  LearnedSignature learned(OneInput());
  const std::vector<int64_t> first = {1};
  const std::vector<int64_t> second = {2};
  learned.Observe(
      {}, {{"p", DataType::kFp32, first}, {"q", DataType::kBool, second}});
  ASSERT_EQ(learned.Get()->outputs.size(), 2u);
  EXPECT_EQ(learned.Get()->outputs[0].name, "p");
  EXPECT_EQ(learned.Get()->outputs[1].name, "q");
  EXPECT_EQ(learned.Get()->outputs[1].type, DataType::kBool);
}

TEST(LearnedSignatureTest, ASizeThatDiffersBecomesAny) {
  LearnedSignature learned(OneInput());
  Observe(&learned, {2, 3}, {2, 5});
  Observe(&learned, {2, 4}, {2, 6});
  EXPECT_EQ(learned.Get()->inputs[0].shape, Shape({2, kAnySize}));
  EXPECT_EQ(learned.Get()->outputs[0].shape, Shape({2, kAnySize}));
}

TEST(LearnedSignatureTest, ASizeThatBecameAnyStaysAny) {
  LearnedSignature learned(OneInput());
  Observe(&learned, {2, 3});
  Observe(&learned, {2, 4});
  Observe(&learned, {2, 3});
  EXPECT_EQ(learned.Get()->inputs[0].shape, Shape({2, kAnySize}));
}

TEST(LearnedSignatureTest, OutputsAreLearnedWhenInputsTellNothingNew) {
  LearnedSignature learned(OneInput());
  Observe(&learned, {2}, {2, 5});
  Observe(&learned, {2}, {2, 6});
  EXPECT_EQ(learned.Get()->outputs[0].shape, Shape({2, kAnySize}));
}

TEST(LearnedSignatureTest, InputsAreLearnedWhenOutputsTellNothingNew) {
  LearnedSignature learned(OneInput());
  Observe(&learned, {2}, {2, 5});
  Observe(&learned, {3}, {2, 5});
  EXPECT_EQ(learned.Get()->inputs[0].shape, Shape({kAnySize}));
}

TEST(LearnedSignatureTest, TheFirstTypeStays) {
  LearnedSignature learned(OneInput());
  Observe(&learned, {2}, {}, DataType::kFp32);
  Observe(&learned, {3}, {}, DataType::kFp64);
  EXPECT_EQ(learned.Get()->inputs[0].type, DataType::kFp32);
}

TEST(LearnedSignatureTest, AnotherRankChangesNothing) {
  LearnedSignature learned(OneInput());
  Observe(&learned, {2, 3});
  Observe(&learned, {2, 3, 4});
  EXPECT_EQ(learned.Get()->inputs[0].shape, Shape({2, 3}));
}

TEST(LearnedSignatureTest, WithBatchingTheFirstDimensionIsAnyFromTheStart) {
  LearnedSignature learned(OneInput(8));
  Observe(&learned, {2, 3}, {2, 5});
  EXPECT_EQ(learned.Get()->inputs[0].shape, Shape({kAnySize, 3}));
  EXPECT_EQ(learned.Get()->outputs[0].shape, Shape({kAnySize, 5}));
}

TEST(LearnedSignatureTest, WithBatchingTheOtherDimensionsAreLearned) {
  LearnedSignature learned(OneInput(8));
  Observe(&learned, {2, 3});
  Observe(&learned, {1, 4});
  EXPECT_EQ(learned.Get()->inputs[0].shape, Shape({kAnySize, kAnySize}));
}

TEST(LearnedSignatureTest, WithBatchingOtherRowCountsTellNothingNew) {
  LearnedSignature learned(OneInput(8));
  Observe(&learned, {2, 3}, {2, 5});
  const auto before = learned.Get();
  Observe(&learned, {7, 3}, {7, 5});
  EXPECT_EQ(learned.Get(), before);
}

TEST(LearnedSignatureTest, AScalarOutputOfABatchedModelStaysAScalar) {
  LearnedSignature learned(OneInput(8));
  const ObservedTensor scalar = {"loss", DataType::kFp32, {}};
  learned.Observe({}, {scalar});
  EXPECT_EQ(learned.Get()->outputs[0].shape, Shape());
}

TEST(LearnedSignatureTest, DeclaredShapesNeverChange) {
  ModelSignature declared = OneInput();
  declared.inputs[0].shape = Shape({kAnySize, 3});
  declared.inputs[0].shape_origin = FactOrigin::kDeclared;
  LearnedSignature learned(declared);
  Observe(&learned, {2, 4});
  EXPECT_EQ(learned.Get()->inputs[0].shape, Shape({kAnySize, 3}));
  EXPECT_EQ(learned.Get()->inputs[0].shape_origin, FactOrigin::kDeclared);
}

TEST(LearnedSignatureTest, TheTypeOfADeclaredShapeIsStillLearned) {
  ModelSignature declared = OneInput();
  declared.inputs[0].shape = Shape({kAnySize, 3});
  declared.inputs[0].shape_origin = FactOrigin::kDeclared;
  LearnedSignature learned(declared);
  Observe(&learned, {2, 3}, {}, DataType::kBool);
  EXPECT_EQ(learned.Get()->inputs[0].type, DataType::kBool);
}

TEST(LearnedSignatureTest, DeclaredTypesNeverChange) {
  ModelSignature declared = OneInput();
  declared.inputs[0].type = DataType::kFp16;
  declared.inputs[0].type_origin = FactOrigin::kDeclared;
  LearnedSignature learned(declared);
  Observe(&learned, {2}, {}, DataType::kFp32);
  EXPECT_EQ(learned.Get()->inputs[0].type, DataType::kFp16);
  EXPECT_EQ(learned.Get()->inputs[0].shape, Shape({2}));
}

TEST(LearnedSignatureTest, OutputsBeyondTheDeclaredOnesAreAdded) {
  ModelSignature declared = OneInput();
  declared.outputs = {Spec("logits")};
  LearnedSignature learned(declared);
  const std::vector<int64_t> shape = {1};
  learned.Observe(
      {}, {{"logits", DataType::kFp32, shape}, {"b", DataType::kFp32, shape}});
  ASSERT_EQ(learned.Get()->outputs.size(), 2u);
  EXPECT_EQ(learned.Get()->outputs[1].name, "b");
}

TEST(LearnedSignatureTest, AnOutputThatIsNotAlwaysThereKeepsItsFacts) {
  LearnedSignature learned(OneInput());
  const std::vector<int64_t> one = {1};
  const std::vector<int64_t> two = {2, 2};
  learned.Observe({},
                  {{"a", DataType::kFp32, one}, {"b", DataType::kBool, two}});
  learned.Observe({}, {{"b", DataType::kBool, two}});
  ASSERT_EQ(learned.Get()->outputs.size(), 2u);
  EXPECT_EQ(learned.Get()->outputs[0].shape, Shape({1}));
  EXPECT_EQ(learned.Get()->outputs[1].shape, Shape({2, 2}));
}

TEST(LearnedSignatureTest, NamesThatRequestsChooseDoNotGrowWithoutEnd) {
  LearnedSignature learned(OneInput());
  for (int i = 0; i < 1000; ++i) {
    const std::string name = std::to_string(i);
    learned.Observe({}, {{name, DataType::kFp32, {}}});
  }
  EXPECT_EQ(learned.Get()->outputs.size(), 256u);
}

TEST(LearnedSignatureTest, AbsentOptionalInputsTellNothing) {
  ModelSignature two = OneInput();
  two.inputs.push_back(Spec("mask"));
  LearnedSignature learned(two);
  Observe(&learned, {2});
  EXPECT_EQ(learned.Get()->inputs[0].shape, Shape({2}));
  EXPECT_EQ(learned.Get()->inputs[1].shape, std::nullopt);
}

TEST(LearnedSignatureTest, WhatWasHandedOutDoesNotChange) {
  LearnedSignature learned(OneInput());
  const auto before = learned.Get();
  Observe(&learned, {2});
  EXPECT_EQ(before->inputs[0].shape, std::nullopt);
}

TEST(LearnedSignatureTest, ThreadsObserveAtTheSameTime) {
  LearnedSignature learned(OneInput());
  {
    std::vector<Thread> threads;
    for (int64_t i = 0; i < 4; ++i) {
      threads.emplace_back("observe", [&learned, i] {
        for (int64_t n = 1; n <= 100; ++n) Observe(&learned, {2, n}, {i + 1});
      });
    }
  }
  EXPECT_EQ(learned.Get()->inputs[0].shape, Shape({2, kAnySize}));
  EXPECT_EQ(learned.Get()->outputs[0].shape, Shape({kAnySize}));
}

}  // namespace
}  // namespace sconce

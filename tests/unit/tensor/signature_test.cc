#include "server/tensor/signature.h"

#include <deque>
#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TensorSpec Spec(const std::string& name) {
  TensorSpec spec;
  spec.name = name;
  return spec;
}

TensorSpec OptionalSpec(const std::string& name) {
  TensorSpec spec = Spec(name);
  spec.optional = true;
  return spec;
}

TensorSpec Declared(const std::string& name, DataType type, Shape shape) {
  return {name, type, FactOrigin::kDeclared, std::move(shape),
          FactOrigin::kDeclared};
}

ModelSignature Signature(std::vector<TensorSpec> inputs) {
  ModelSignature signature;
  signature.inputs = std::move(inputs);
  return signature;
}

// Inputs, and the zeros that they borrow.
class SignatureTest : public testing::Test {
 protected:
  InputTensor Input(const std::string& name, const Shape& shape = {2},
                    DataType type = DataType::kFp32) {
    const int64_t bytes = ByteCount(type, shape).value_or(0);
    return InputOfBytes(name, shape, type, static_cast<size_t>(bytes));
  }

  InputTensor InputOfBytes(const std::string& name, const Shape& shape,
                           DataType type, size_t bytes) {
    storage_.emplace_back(bytes);
    return {name, type, shape,
            ByteChunks(absl::MakeConstSpan(storage_.back()))};
  }

  // The names of `inputs` after a check that succeeded.
  std::vector<std::string> Ordered(const ModelSignature& signature,
                                   std::vector<InputTensor> inputs) {
    const absl::Status status = CheckInputs(signature, "net", &inputs);
    EXPECT_TRUE(status.ok()) << status;
    std::vector<std::string> names;
    for (const InputTensor& input : inputs) names.push_back(input.name);
    return names;
  }

  // The message of the refusal of `inputs`.
  std::string Refusal(const ModelSignature& signature,
                      std::vector<InputTensor> inputs) {
    const absl::Status status = CheckInputs(signature, "net", &inputs);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    return std::string(status.message());
  }

 private:
  std::deque<std::vector<uint8_t>> storage_;
};

using CheckInputsTest = SignatureTest;
using CountRowsTest = SignatureTest;

TEST_F(CheckInputsTest, InputsInOrderAreLeftAlone) {
  EXPECT_THAT(
      Ordered(Signature({Spec("a"), Spec("b")}), {Input("a"), Input("b")}),
      ElementsAre("a", "b"));
}

TEST_F(CheckInputsTest, InputsAreBroughtIntoTheSignaturesOrder) {
  EXPECT_THAT(Ordered(Signature({Spec("a"), Spec("b"), Spec("c")}),
                      {Input("b"), Input("c"), Input("a")}),
              ElementsAre("a", "b", "c"));
}

TEST_F(CheckInputsTest, AnInputsShapeAndBytesMoveWithItsName) {
  std::vector<InputTensor> inputs = {Input("b", {4}), Input("a", {1, 3})};
  const uint8_t* const bytes_of_a = inputs[1].bytes.chunks()[0].data();
  const ModelSignature signature = Signature({Spec("a"), Spec("b")});
  ASSERT_TRUE(CheckInputs(signature, "net", &inputs).ok());
  EXPECT_EQ(inputs[0].shape, Shape({1, 3}));
  EXPECT_EQ(inputs[0].bytes.chunks()[0].data(), bytes_of_a);
}

TEST_F(CheckInputsTest, EachInputIsCheckedAgainstTheSpecOfItsName) {
  const ModelSignature signature =
      Signature({Declared("ids", DataType::kInt64, {kAnySize}),
                 Declared("mask", DataType::kBool, {2, 2})});
  EXPECT_THAT(Ordered(signature, {Input("mask", {2, 2}, DataType::kBool),
                                  Input("ids", {7}, DataType::kInt64)}),
              ElementsAre("ids", "mask"));
}

TEST_F(CheckInputsTest, AModelWithoutInputsTakesNone) {
  EXPECT_THAT(Ordered(Signature({}), {}), ElementsAre());
}

TEST_F(CheckInputsTest, OptionalInputsAtTheEndMayBeAbsent) {
  EXPECT_THAT(Ordered(Signature({Spec("a"), OptionalSpec("b")}), {Input("a")}),
              ElementsAre("a"));
}

TEST_F(CheckInputsTest, OptionalInputsMayBeGiven) {
  EXPECT_THAT(Ordered(Signature({Spec("a"), OptionalSpec("b")}),
                      {Input("b"), Input("a")}),
              ElementsAre("a", "b"));
}

TEST_F(CheckInputsTest, AnyOptionalInputMayBeLeftOut) {
  const ModelSignature signature =
      Signature({Spec("a"), OptionalSpec("b"), OptionalSpec("c")});
  EXPECT_THAT(Ordered(signature, {Input("c"), Input("a")}),
              ElementsAre("a", "c"));
}

TEST_F(CheckInputsTest, AMissingInputIsNamedWithWhatCame) {
  EXPECT_EQ(Refusal(Signature({Spec("a"), Spec("b"), Spec("c")}),
                    {Input("c"), Input("a")}),
            "expected 3 inputs but got 2 inputs for model 'net'. Got input(s) "
            "['a','c'], but missing required input(s) ['b']. Please provide "
            "all required input(s).");
}

TEST_F(CheckInputsTest, ARequestWithoutInputsIsToldWhatIsMissing) {
  EXPECT_EQ(Refusal(Signature({Spec("a")}), {}),
            "expected 1 inputs but got 0 inputs for model 'net'. Got input(s) "
            "[], but missing required input(s) ['a']. Please provide all "
            "required input(s).");
}

TEST_F(CheckInputsTest, AnUnknownInputIsNamedWithTheKnownOnes) {
  EXPECT_EQ(Refusal(Signature({Spec("a"), Spec("b")}),
                    {Input("a"), Input("b"), Input("x")}),
            "unexpected inference input 'x' for model 'net'; the model's "
            "inputs are ['a','b']");
}

TEST_F(CheckInputsTest, AnUnknownInputIsRefusedByAModelWithoutInputs) {
  EXPECT_THAT(Refusal(Signature({}), {Input("x")}),
              HasSubstr("unexpected inference input 'x'"));
}

TEST_F(CheckInputsTest, ARepeatedInputIsNamed) {
  EXPECT_EQ(Refusal(Signature({Spec("a"), Spec("b")}),
                    {Input("a"), Input("b"), Input("a")}),
            "input 'a' appears more than once in the request for model 'net'; "
            "send it once");
}

TEST_F(CheckInputsTest, AWrongTypeIsNamedWithTheDeclaredOne) {
  EXPECT_EQ(Refusal(Signature({Declared("a", DataType::kInt64, {2})}),
                    {Input("a", {2}, DataType::kFp32)}),
            "inference input 'a' data-type is 'FP32', but model 'net' expects "
            "'INT64'");
}

TEST_F(CheckInputsTest, AWrongShapeIsNamedWithTheDeclaredOne) {
  EXPECT_EQ(Refusal(Signature({Declared("a", DataType::kFp32, {kAnySize, 3})}),
                    {Input("a", {2, 4})}),
            "unexpected shape for input 'a' for model 'net'. Expected [-1,3], "
            "got [2,4]");
}

TEST_F(CheckInputsTest, AWrongRankIsAWrongShape) {
  EXPECT_THAT(Refusal(Signature({Declared("a", DataType::kFp32, {kAnySize})}),
                      {Input("a", {2, 1})}),
              HasSubstr("Expected [-1], got [2,1]"));
}

TEST_F(CheckInputsTest, ObservedTypesAreNotEnforced) {
  TensorSpec spec = Declared("a", DataType::kInt64, {2});
  spec.type_origin = FactOrigin::kObserved;
  EXPECT_THAT(Ordered(Signature({spec}), {Input("a")}), ElementsAre("a"));
}

TEST_F(CheckInputsTest, ObservedShapesAreNotEnforced) {
  TensorSpec spec = Declared("a", DataType::kFp32, {9});
  spec.shape_origin = FactOrigin::kObserved;
  EXPECT_THAT(Ordered(Signature({spec}), {Input("a")}), ElementsAre("a"));
}

TEST_F(CheckInputsTest, BytesTensorsAreRefused) {
  EXPECT_EQ(Refusal(Signature({Spec("a")}),
                    {InputOfBytes("a", {2}, DataType::kBytes, 0)}),
            "inference input 'a' data-type is 'BYTES', but model 'net' expects "
            "a tensor of numbers, sent as FP32 or another number type");
}

TEST_F(CheckInputsTest, TooFewBytesAreNamedWithTheExpectedCount) {
  EXPECT_EQ(Refusal(Signature({Spec("a")}),
                    {InputOfBytes("a", {2, 3}, DataType::kFp32, 23)}),
            "input byte size mismatch for input 'a' for model 'net'. Expected "
            "24 for FP32[2,3], got 23");
}

TEST_F(CheckInputsTest, TooManyBytesAreRefused) {
  EXPECT_THAT(Refusal(Signature({Spec("a")}),
                      {InputOfBytes("a", {3}, DataType::kInt8, 4)}),
              HasSubstr("Expected 3 for INT8[3], got 4"));
}

TEST_F(CheckInputsTest, TheLastInputsBytesAreCheckedToo) {
  EXPECT_THAT(Refusal(Signature({Spec("a"), Spec("b")}),
                      {Input("a"), InputOfBytes("b", {1}, DataType::kBool, 0)}),
              HasSubstr("input 'b'"));
}

TEST_F(CheckInputsTest, NegativeSizesAreRefused) {
  EXPECT_EQ(Refusal(Signature({Spec("a")}), {Input("a", {2, -1})}),
            "input 'a' for model 'net': shape [2,-1] is not possible; sizes "
            "must be >= 0 and fit a 64-bit byte count");
}

TEST_F(CheckInputsTest, ShapesThatOverflowAreRefused) {
  const Shape shape = {std::numeric_limits<int64_t>::max(), 2};
  EXPECT_THAT(Refusal(Signature({Spec("a")}), {Input("a", shape)}),
              HasSubstr("is not possible"));
}

TEST_F(CheckInputsTest, EmptyTensorsAreInputs) {
  EXPECT_THAT(Ordered(Signature({Spec("a")}), {Input("a", {0, 3})}),
              ElementsAre("a"));
}

TEST_F(CheckInputsTest, BytesInSeveralChunksAreCountedTogether) {
  InputTensor input = Input("a", {1});
  const std::vector<uint8_t> rest(4);
  input.bytes.Append(rest);
  input.shape = {2};
  EXPECT_THAT(Ordered(Signature({Spec("a")}), {input}), ElementsAre("a"));
}

ModelSignature Batched(int64_t max_batch_size) {
  ModelSignature signature = Signature({Spec("a"), Spec("b")});
  signature.max_batch_size = max_batch_size;
  return signature;
}

// The rows of `inputs`; -1 when they are refused.
int64_t Rows(const ModelSignature& signature,
             const std::vector<InputTensor>& inputs) {
  return CountRows(signature, "net", inputs).value_or(-1);
}

std::optional<int64_t> RowsOf(const std::vector<Shape>& shapes,
                              bool by_value = false) {
  std::vector<InputTensor> inputs;
  for (const Shape& shape : shapes) {
    inputs.push_back({"x", DataType::kFp32, shape, ByteChunks()});
    inputs.back().by_value = by_value;
  }
  return CommonRows(inputs);
}

TEST(CommonRowsTest, IsWhatAllTensorsAgreeIn) {
  EXPECT_EQ(RowsOf({{3, 2}, {3}}), 3);
}

TEST(CommonRowsTest, IsNothingWhenTheyDoNot) {
  EXPECT_EQ(RowsOf({{3, 2}, {2}}), std::nullopt);
  EXPECT_EQ(RowsOf({{3, 2}, {}}), std::nullopt);
  EXPECT_EQ(RowsOf({{0, 2}}), std::nullopt);
  EXPECT_EQ(RowsOf({}), std::nullopt);
}

TEST(CommonRowsTest, ValuesHaveNoRows) {
  EXPECT_EQ(RowsOf({{3}}, /*by_value=*/true), std::nullopt);
}

TEST_F(CountRowsTest, WithoutBatchingARequestIsOneRow) {
  EXPECT_EQ(Rows(Batched(0), {Input("a", {5}), Input("b", {6})}), 1);
}

TEST_F(CountRowsTest, AModelWithoutInputsHasOneRow) {
  EXPECT_EQ(Rows(Batched(4), {}), 1);
}

TEST_F(CountRowsTest, TheFirstDimensionCountsRows) {
  EXPECT_EQ(Rows(Batched(4), {Input("a", {3, 9}), Input("b", {3})}), 3);
}

TEST_F(CountRowsTest, AFullBatchFits) {
  EXPECT_EQ(Rows(Batched(4), {Input("a", {4, 1})}), 4);
}

TEST_F(CountRowsTest, ARequestMayHoldNoRow) {
  EXPECT_EQ(Rows(Batched(4), {Input("a", {0, 9})}), 0);
}

TEST_F(CountRowsTest, MoreRowsThanOneExecutionTakesAreRefused) {
  EXPECT_EQ(CountRows(Batched(4), "net", {Input("a", {5, 1})}).status(),
            absl::InvalidArgumentError(
                "inference request batch-size must be <= 4 for 'net', got 5; "
                "split the request"));
}

TEST_F(CountRowsTest, InputsThatDisagreeAreRefusedWithBothCounts) {
  EXPECT_EQ(
      CountRows(Batched(4), "net", {Input("a", {2, 9}), Input("b", {3})})
          .status(),
      absl::InvalidArgumentError(
          "input 'b' for model 'net' has batch-size 3, but input 'a' has 2; "
          "all inputs of a request need the same"));
}

TEST_F(CountRowsTest, AScalarHasNoRows) {
  EXPECT_EQ(
      CountRows(Batched(4), "net", {Input("a", {2}), Input("b", {})}).status(),
      absl::InvalidArgumentError(
          "unexpected shape for input 'b' for model 'net'. Expected a first "
          "dimension that counts rows, got []"));
}

TensorSpec OfKind(const std::string& name, ValueKind kind) {
  TensorSpec spec = Spec(name);
  spec.kind = kind;
  return spec;
}

TEST_F(CheckInputsTest, ElementsOfAListAreSortedByIndex) {
  const auto signature =
      Signature({OfKind("xs", ValueKind::kTensorList), Spec("y")});
  std::vector<InputTensor> inputs = {Input("y")};
  for (int i = 11; i >= 0; --i) {
    inputs.push_back(Input("xs." + std::to_string(i)));
  }
  const auto names = Ordered(signature, inputs);
  EXPECT_EQ(names[0], "xs.0");
  EXPECT_EQ(names[10], "xs.10");
  EXPECT_EQ(names[12], "y");
}

TEST_F(CheckInputsTest, AListHasNoGaps) {
  const auto signature = Signature({OfKind("xs", ValueKind::kTensorList)});
  EXPECT_THAT(Refusal(signature, {Input("xs.0"), Input("xs.2")}),
              HasSubstr("'xs.2' for model 'net' came without 'xs.1'"));
}

TEST_F(CheckInputsTest, AnIndexHasOneForm) {
  const auto signature = Signature({OfKind("xs", ValueKind::kTensorList)});
  for (const char* name : {"xs", "xs.", "xs.-0", "xs.01", "xs.+1", "xs.a",
                           "xs.99999999999999999999"}) {
    EXPECT_THAT(Refusal(signature, {Input(name)}), HasSubstr("'xs.<index>'"));
  }
}

TEST_F(CheckInputsTest, EntriesOfADictKeepTheirOrder) {
  const auto signature = Signature({OfKind("d", ValueKind::kTensorDict)});
  EXPECT_THAT(Ordered(signature, {Input("d.z"), Input("d.a")}),
              ElementsAre("d.z", "d.a"));
  EXPECT_THAT(Refusal(signature, {Input("d.a"), Input("d.a")}),
              HasSubstr("more than once"));
  EXPECT_THAT(Refusal(signature, {}), HasSubstr("['d.<key>']"));
}

TEST_F(CheckInputsTest, AScalarIsOneElementOfItsType) {
  const auto signature = Signature({OfKind("n", ValueKind::kInt)});
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{1, 1}}) {
    EXPECT_THAT(Ordered(signature, {Input("n", shape, DataType::kInt32)}),
                ElementsAre("n"));
  }
  EXPECT_THAT(Refusal(signature, {Input("n", {2}, DataType::kInt64)}),
              HasSubstr("Expected one element, as [1], got [2]"));
  EXPECT_THAT(Refusal(signature, {Input("n", {1}, DataType::kFp32)}),
              HasSubstr("data-type is 'FP32', but model 'net' expects an int"));
}

TEST_F(CheckInputsTest, ABoolIsNoNumber) {
  EXPECT_THAT(Refusal(Signature({OfKind("b", ValueKind::kBool)}),
                      {Input("b", {1}, DataType::kInt64)}),
              HasSubstr("expects a bool, sent as BOOL"));
  EXPECT_THAT(Refusal(Signature({OfKind("f", ValueKind::kFloat)}),
                      {Input("f", {1}, DataType::kBool)}),
              HasSubstr("expects a float"));
}

TEST_F(CheckInputsTest, AListOfNumbersHasOneDimension) {
  EXPECT_THAT(Refusal(Signature({OfKind("l", ValueKind::kIntList)}),
                      {Input("l", {1, 2}, DataType::kInt64)}),
              HasSubstr("Expected one dimension, as [n], got [1,2]"));
}

TEST_F(CheckInputsTest, AListHasTheShapeThatIsDeclared) {
  TensorSpec spec = Declared("l", DataType::kInt64, {kAnySize, 2});
  spec.kind = ValueKind::kIntList;
  const auto signature = Signature({spec});
  EXPECT_THAT(Ordered(signature, {Input("l", {3, 2}, DataType::kInt64)}),
              ElementsAre("l"));
  EXPECT_THAT(Refusal(signature, {Input("l", {6}, DataType::kInt64)}),
              HasSubstr("Expected [-1,2], got [6]"));
}

TEST_F(CheckInputsTest, StringsAreChecked) {
  const auto signature = Signature({OfKind("s", ValueKind::kString)});
  EXPECT_THAT(
      Refusal(signature, {InputOfBytes("s", {1}, DataType::kBytes, 2)}),
      HasSubstr("input 's' for model 'net': string 0 of 1 is cut short"));
  EXPECT_THAT(Ordered(signature, {InputOfBytes("s", {1}, DataType::kBytes, 4)}),
              ElementsAre("s"));
}

TEST_F(CheckInputsTest, AParameterStandsInForAScalar) {
  const auto signature = Signature({Spec("x"), OfKind("n", ValueKind::kInt)});
  std::vector<InputTensor> inputs = {Input("x")};
  const std::vector<InputTensor> parameters = {
      Input("n", {1}, DataType::kInt64)};
  ASSERT_TRUE(CheckInputs(signature, "net", &inputs, parameters).ok());
  ASSERT_EQ(inputs.size(), 2u);
  EXPECT_EQ(inputs[1].name, "n");
  EXPECT_TRUE(inputs[1].by_value);
}

TEST_F(CheckInputsTest, AnInputComesBeforeAParameter) {
  const auto signature = Signature({OfKind("n", ValueKind::kInt)});
  std::vector<InputTensor> inputs = {Input("n", {1}, DataType::kInt32)};
  const std::vector<InputTensor> parameters = {
      Input("n", {1}, DataType::kInt64)};
  ASSERT_TRUE(CheckInputs(signature, "net", &inputs, parameters).ok());
  ASSERT_EQ(inputs.size(), 1u);
  EXPECT_EQ(inputs[0].type, DataType::kInt32);
}

TEST_F(CheckInputsTest, AParameterIsNoTensor) {
  const auto signature = Signature({Spec("x"), OfKind("n", ValueKind::kInt)});
  std::vector<InputTensor> inputs = {Input("n", {1}, DataType::kInt64)};
  const std::vector<InputTensor> parameters = {
      Input("x", {1}, DataType::kFp64)};
  const absl::Status status =
      CheckInputs(signature, "net", &inputs, parameters);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("parameter 'x'"));
}

TEST_F(CheckInputsTest, AMistypedParameterIsRefusedWhereSomeAreTaken) {
  const std::vector<InputTensor> parameters = {
      Input("m", {1}, DataType::kInt64)};
  TensorSpec n = OfKind("n", ValueKind::kInt);
  n.optional = true;
  std::vector<InputTensor> inputs;
  const absl::Status status =
      CheckInputs(Signature({n}), "net", &inputs, parameters);
  EXPECT_EQ(status.message(),
            "parameter 'm' is no number, bool or string that model 'net' "
            "takes; the model's inputs are ['n']");
  inputs = {Input("x")};
  EXPECT_TRUE(
      CheckInputs(Signature({Spec("x")}), "net", &inputs, parameters).ok());
}

TEST_F(CheckInputsTest, AnUnsignedValueBeyondAnIntIsRefused) {
  const std::vector<uint64_t> value = {(uint64_t{1} << 63) + 5};
  std::vector<InputTensor> inputs = {
      {"n", DataType::kUint64, Shape{1},
       ByteChunks({reinterpret_cast<const uint8_t*>(value.data()), 8})}};
  EXPECT_THAT(Refusal(Signature({OfKind("n", ValueKind::kInt)}), inputs),
              HasSubstr("has the value 9223372036854775813"));
}

TEST_F(CheckInputsTest, AListOfScalarsHasALimit) {
  EXPECT_THAT(Refusal(Signature({OfKind("l", ValueKind::kIntList)}),
                      {Input("l", {1'000'001}, DataType::kInt8)}),
              HasSubstr("at most 1000000 elements"));
}

TEST_F(CountRowsTest, ValuesHaveNoRows) {
  ModelSignature signature =
      Signature({OfKind("n", ValueKind::kIntList), Spec("x")});
  signature.max_batch_size = 4;
  std::vector<InputTensor> inputs = {Input("n", {3}, DataType::kInt64),
                                     Input("x", {2, 5})};
  ASSERT_TRUE(CheckInputs(signature, "net", &inputs).ok());
  EXPECT_EQ(CountRows(signature, "net", inputs).value(), 2);
}

}  // namespace
}  // namespace sconce

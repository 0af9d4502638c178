#include "server/runtime/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include "server/runtime/module_method.h"
#include "server/tensor/strings.h"
#include "tests/support/recording_task.h"
#include "tests/unit/runtime/torch_archive.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A method and one request to it.
class ArgumentsTest : public testing::Test {
 protected:
  // A module with `forward(self, <arguments>): <body>`.
  void Define(const std::string& arguments, const std::string& body) {
    auto method = ModuleMethod::Create(
        MakeModule("def forward(self, " + arguments + "):\n  " + body + "\n"));
    ASSERT_TRUE(method.ok()) << method.status();
    method_ = std::make_unique<ModuleMethod>(*std::move(method));
  }

  template <typename T>
  void Send(const std::string& name, DataType type,
            const std::vector<T>& values, const Shape& shape) {
    std::vector<uint8_t> bytes(values.size() * sizeof(T));
    if (!bytes.empty()) {
      std::memcpy(bytes.data(), values.data(), bytes.size());
    }
    SendBytes(name, type, bytes, shape);
  }

  void SendStrings(const std::string& name,
                   const std::vector<std::string>& values) {
    std::vector<uint8_t> bytes;
    for (const std::string& value : values) AppendString(value, &bytes);
    SendBytes(name, DataType::kBytes, bytes,
              {static_cast<int64_t>(values.size())});
  }

  void SendBytes(const std::string& name, DataType type,
                 const std::vector<uint8_t>& bytes, const Shape& shape) {
    storage_.push_back(bytes);
    task_.inputs.push_back(
        {name, type, shape, ByteChunks(absl::MakeConstSpan(storage_.back()))});
  }

  c10::IValue Call() {
    const ModelSignature signature{.inputs = method_->inputs()};
    const absl::Status checked = CheckInputs(signature, "m", &task_.inputs);
    EXPECT_TRUE(checked.ok()) << checked;
    InferTask* const task = &task_;
    auto stack = method_->Bind({&task, 1});
    EXPECT_TRUE(stack.ok()) << stack.status();
    const auto value = method_->Run(*std::move(stack));
    EXPECT_TRUE(value.ok()) << value.status();
    return *value;
  }

  std::vector<std::string> InputNames() const {
    std::vector<std::string> names;
    for (const TensorSpec& spec : method_->inputs()) names.push_back(spec.name);
    return names;
  }

  std::unique_ptr<ModuleMethod> method_;
  RecordingTask task_;
  std::deque<std::vector<uint8_t>> storage_;
};

TEST_F(ArgumentsTest, Scalars) {
  Define("b: bool, i: int, f: float, s: str", "return (b, i, f, s)");
  Send<uint8_t>("b", DataType::kBool, {1}, {1});
  Send<int16_t>("i", DataType::kInt16, {-7}, {1});
  Send<float>("f", DataType::kFp32, {0.5f}, {});
  SendStrings("s", {"text"});
  const auto tuple = Call().toTuple()->elements();
  EXPECT_TRUE(tuple[0].toBool());
  EXPECT_EQ(tuple[1].toInt(), -7);
  EXPECT_EQ(tuple[2].toDouble(), 0.5);
  EXPECT_EQ(tuple[3].toStringRef(), "text");
}

TEST_F(ArgumentsTest, AnIntIsAFloat) {
  Define("f: float", "return f");
  Send<int32_t>("f", DataType::kInt32, {3}, {1});
  EXPECT_EQ(Call().toDouble(), 3.0);
}

TEST_F(ArgumentsTest, ListsOfScalars) {
  Define("b: List[bool], i: List[int], f: List[float], s: List[str]",
         "return (b, i, f, s)");
  Send<uint8_t>("b", DataType::kBool, {1, 0}, {2});
  Send<int32_t>("i", DataType::kInt32, {1, 2, 3}, {3});
  Send<double>("f", DataType::kFp64, {}, {0});
  SendStrings("s", {"a", "", "ü"});
  const auto tuple = Call().toTuple()->elements();
  EXPECT_EQ(tuple[0].toBoolList().vec(), std::vector<bool>({true, false}));
  EXPECT_THAT(tuple[1].toIntVector(), ElementsAre(1, 2, 3));
  EXPECT_TRUE(tuple[2].toDoubleVector().empty());
  EXPECT_EQ(tuple[3].toListRef().size(), 3u);
  EXPECT_EQ(tuple[3].toListRef()[2].toStringRef(), "ü");
}

TEST_F(ArgumentsTest, AListOfTensorsInTheOrderOfItsIndices) {
  Define("xs: List[Tensor]", "return xs[0] - xs[1] * xs[2]");
  Send<float>("xs.2", DataType::kFp32, {5}, {1});
  Send<float>("xs.0", DataType::kFp32, {2}, {1});
  Send<float>("xs.1", DataType::kFp32, {3}, {1});
  EXPECT_EQ(Call().toTensor().item<float>(), 2 - 3 * 5);
}

TEST_F(ArgumentsTest, ADictOfTensorsInTheOrderOfTheRequest) {
  Define("d: Dict[str, Tensor]",
         "a: List[str] = []\n  for k in d.keys():\n    a.append(k)\n"
         "  return (d['z'], a)");
  Send<float>("d.z", DataType::kFp32, {2}, {1});
  Send<float>("d.a.b", DataType::kFp32, {3}, {1});
  const auto tuple = Call().toTuple()->elements();
  EXPECT_EQ(tuple[0].toTensor().item<float>(), 2);
  EXPECT_EQ(tuple[1].toListRef()[0].toStringRef(), "z");
  EXPECT_EQ(tuple[1].toListRef()[1].toStringRef(), "a.b");
}

TEST_F(ArgumentsTest, ATupleIsSentByItsElements) {
  Define("t: Tuple[Tensor, int]", "return t[0] * t[1]");
  EXPECT_THAT(InputNames(), ElementsAre("t.0", "t.1"));
  Send<int64_t>("t.1", DataType::kInt64, {4}, {1});
  Send<float>("t.0", DataType::kFp32, {2}, {1});
  EXPECT_EQ(Call().toTensor().item<float>(), 8);
}

TEST_F(ArgumentsTest, AnOptionalTensorThatIsLeftOutIsNone) {
  Define("x: Tensor, mask: Optional[Tensor], y: Tensor",
         "if mask is not None:\n    return x * mask\n  return x - y");
  Send<float>("x", DataType::kFp32, {2}, {1});
  Send<float>("y", DataType::kFp32, {5}, {1});
  EXPECT_EQ(Call().toTensor().item<float>(), -3);
}

TEST_F(ArgumentsTest, ADefaultStandsInForWhatIsLeftOut) {
  Define("x: Tensor, n: int = 3, f: float = 0.5", "return x * n * f");
  Send<float>("x", DataType::kFp32, {2}, {1});
  Send<double>("f", DataType::kFp64, {2.0}, {1});
  EXPECT_EQ(Call().toTensor().item<float>(), 12);
}

TEST_F(ArgumentsTest, ATupleOfOptionalsThatIsNotSentHoldsNones) {
  Define("t: Tuple[Optional[Tensor], Optional[Tensor]]",
         "return t[0] is None and t[1] is None");
  EXPECT_TRUE(Call().toBool());
}

TEST_F(ArgumentsTest, APartOfATupleIsRefused) {
  Define("t: Tuple[int, int] = (1, 2)", "return t[0] + t[1]");
  EXPECT_EQ(Call().toInt(), 3);
  Send<int64_t>("t.0", DataType::kInt64, {5}, {1});
  const ModelSignature signature{.inputs = method_->inputs()};
  ASSERT_TRUE(CheckInputs(signature, "m", &task_.inputs).ok());
  InferTask* const task = &task_;
  const auto stack = method_->Bind({&task, 1});
  EXPECT_EQ(stack.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(stack.status().message()),
              HasSubstr("input 't.1' is missing"));
}

TEST_F(ArgumentsTest, ValuesAreDescribedByTypeAndShape) {
  Define("n: int, f: List[float], s: str, x: Tensor", "return x");
  const auto& inputs = method_->inputs();
  EXPECT_EQ(inputs[0].type, DataType::kInt64);
  EXPECT_EQ(inputs[0].shape, Shape({1}));
  EXPECT_EQ(inputs[1].type, DataType::kFp64);
  EXPECT_EQ(inputs[1].shape, Shape({kAnySize}));
  EXPECT_EQ(inputs[2].type, DataType::kBytes);
  EXPECT_EQ(inputs[3].type, std::nullopt);
}

TEST_F(ArgumentsTest, WhatNobodyCanSendKeepsItsDefault) {
  Define("x: Tensor, device: Optional[Device] = None", "return x + 1");
  EXPECT_THAT(InputNames(), ElementsAre("x"));
  Send<float>("x", DataType::kFp32, {2}, {1});
  EXPECT_EQ(Call().toTensor().item<float>(), 3);
}

TEST_F(ArgumentsTest, TheRefusalNamesArgumentAndType) {
  const auto method = ModuleMethod::Create(MakeModule(
      "def forward(self, x, table: Dict[int, Tensor]):\n  return x\n"));
  EXPECT_EQ(method.status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(method.status().message()),
              HasSubstr("argument 'table' has type Dict[int, Tensor]"));
}

}  // namespace
}  // namespace sconce

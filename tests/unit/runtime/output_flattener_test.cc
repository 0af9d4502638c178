#include "server/runtime/output_flattener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/script.h>

#include <string>
#include <vector>

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

c10::IValue RunBody(const std::string& body) {
  torch::jit::Module module("m");
  module.define("def forward(self, x):\n  " + body + "\n");
  return module.forward({at::ones({2})});
}

std::vector<std::string> NamesOf(const c10::IValue& value) {
  std::vector<std::string> names;
  const auto outputs = FlattenOutput(value);
  EXPECT_TRUE(outputs.ok()) << outputs.status();
  if (!outputs.ok()) return names;
  for (const NamedTensor& output : *outputs) names.push_back(output.name);
  return names;
}

TEST(FlattenOutputTest, NamesATensor) {
  EXPECT_THAT(NamesOf(RunBody("return x")), ElementsAre("output_0"));
}

TEST(FlattenOutputTest, NumbersTuplesAndLists) {
  EXPECT_THAT(NamesOf(RunBody("return x, x")),
              ElementsAre("output_0", "output_1"));
  EXPECT_THAT(NamesOf(RunBody("return [x, x]")),
              ElementsAre("output_0", "output_1"));
}

TEST(FlattenOutputTest, UsesKeysInTheirOrder) {
  EXPECT_THAT(NamesOf(RunBody("return {'scores': x, 'boxes': x}")),
              ElementsAre("scores", "boxes"));
}

TEST(FlattenOutputTest, JoinsNestedNames) {
  EXPECT_THAT(
      NamesOf(RunBody("return x, (x, [x, x])")),
      ElementsAre("output_0", "output_1.0", "output_1.1.0", "output_1.1.1"));
  EXPECT_THAT(NamesOf(RunBody("return {'a': (x, x)}")),
              ElementsAre("a.0", "a.1"));
}

TEST(FlattenOutputTest, UsesTheFieldsOfANamedTuple) {
  const auto type = c10::TupleType::createNamed(
      "Point", std::vector<std::string>{"left", "right"},
      std::vector<c10::TypePtr>{c10::TensorType::get(),
                                c10::TensorType::get()});
  const c10::IValue value(
      c10::ivalue::Tuple::createNamed({at::ones({1}), at::ones({1})}, type));
  EXPECT_THAT(NamesOf(value), ElementsAre("left", "right"));
}

TEST(FlattenOutputTest, KeepsTheOrderOfValues) {
  const auto outputs = FlattenOutput(RunBody("return x, x + 1"));
  ASSERT_TRUE(outputs.ok());
  EXPECT_EQ(outputs->at(0).tensor[0].item<float>(), 1);
  EXPECT_EQ(outputs->at(1).tensor[0].item<float>(), 2);
}

// Runs `body` and returns the output `index` of it.
NamedTensor OutputOf(const std::string& body, size_t index = 0) {
  const auto outputs = FlattenOutput(RunBody(body));
  EXPECT_TRUE(outputs.ok()) << outputs.status();
  return outputs->at(index);
}

TEST(FlattenOutputTest, ScalarsHaveOneElement) {
  EXPECT_TRUE(
      at::equal(OutputOf("return x, 7", 1).tensor, at::tensor({7}, at::kLong)));
  EXPECT_TRUE(
      at::equal(OutputOf("return 0.5").tensor, at::tensor({0.5}, at::kDouble)));
  EXPECT_TRUE(at::equal(OutputOf("return True").tensor,
                        at::tensor({1}, at::kLong).to(at::kBool)));
}

TEST(FlattenOutputTest, ListsOfScalarsHaveOneDimension) {
  EXPECT_TRUE(at::equal(OutputOf("return [1, 2]").tensor,
                        at::tensor({1, 2}, at::kLong)));
  EXPECT_TRUE(at::equal(OutputOf("return [0.5, 1.5]").tensor,
                        at::tensor({0.5, 1.5}, at::kDouble)));
  EXPECT_EQ(OutputOf("return [True, False, True]").tensor.scalar_type(),
            at::kBool);
}

TEST(FlattenOutputTest, StringsArePackedWithTheirLengths) {
  const NamedTensor output = OutputOf("return ['ab', '']");
  EXPECT_EQ(output.strings, Shape({2}));
  const auto* bytes = output.tensor.const_data_ptr<uint8_t>();
  EXPECT_EQ(std::string(bytes, bytes + output.tensor.numel()),
            std::string("\2\0\0\0ab\0\0\0\0", 10));
  EXPECT_EQ(OutputOf("return 'text'").strings, Shape({1}));
  EXPECT_EQ(OutputOf("a: List[str] = []\n  return a").strings, Shape({0}));
}

TEST(FlattenOutputTest, DictKeysOfAnyScalarAreNames) {
  EXPECT_THAT(NamesOf(RunBody("return {3: x, -1: x}")), ElementsAre("3", "-1"));
  EXPECT_THAT(NamesOf(RunBody("return {True: x}")), ElementsAre("True"));
  EXPECT_THAT(NamesOf(RunBody("return {0.5: x, 2.0: x}")),
              ElementsAre("0.5", "2.0"));
}

TEST(FlattenOutputTest, NamesWhatItCannotServe) {
  for (const auto& [body, part] :
       std::vector<std::pair<const char*, const char*>>{
           {"return x, torch.device('cpu')", "'output_1'"},
           {"return {'s': x.to_sparse()}", "'s' is a sparse tensor"},
           {"return torch.complex(x, x)", "ComplexFloat"}}) {
    const auto outputs = FlattenOutput(RunBody(body));
    EXPECT_EQ(outputs.status().code(), absl::StatusCode::kUnimplemented);
    EXPECT_THAT(std::string(outputs.status().message()), HasSubstr(part));
  }
}

}  // namespace
}  // namespace sconce

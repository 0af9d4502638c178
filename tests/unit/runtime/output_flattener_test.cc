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

TEST(FlattenOutputTest, NamesWhatItCannotServe) {
  for (const auto& [body, part] :
       std::vector<std::pair<const char*, const char*>>{
           {"return x, 1", "'output_1'"},
           {"return [1, 2]", "'output_0'"},
           {"return 'text'", "'output_0'"},
           {"return {'s': x.to_sparse()}", "'s' is a sparse tensor"},
           {"return torch.complex(x, x)", "ComplexFloat"}}) {
    const auto outputs = FlattenOutput(RunBody(body));
    EXPECT_EQ(outputs.status().code(), absl::StatusCode::kUnimplemented);
    EXPECT_THAT(std::string(outputs.status().message()), HasSubstr(part));
  }
}

}  // namespace
}  // namespace sconce

#include "server/tensor/golden_example.h"

#include <gtest/gtest.h>

namespace sconce {
namespace {

ModelSignature Signature(std::vector<std::string> inputs,
                         std::vector<std::string> outputs) {
  ModelSignature signature;
  for (auto& name : inputs) signature.inputs.push_back({.name = name});
  for (auto& name : outputs) signature.outputs.push_back({.name = name});
  return signature;
}

TEST(ServedInputNameTest, IsThatOfTheSamePosition) {
  const auto renamed = Signature({"A", "B"}, {});
  EXPECT_EQ(ServedInputName("x", {"x", "y"}, renamed), "A");
  EXPECT_EQ(ServedInputName("y", {"x", "y"}, renamed), "B");
}

TEST(ServedInputNameTest, StaysWhereThePositionsDoNotFit) {
  const auto list = Signature({"A"}, {});
  EXPECT_EQ(ServedInputName("xs.1", {"xs.0", "xs.1"}, list), "xs.1");
  EXPECT_EQ(ServedInputName("xs.1", {"x"}, list), "xs.1");
}

TEST(ServedOutputNameTest, IsThatOfTheSamePosition) {
  const auto renamed = Signature({}, {"A", "B"});
  EXPECT_EQ(ServedOutputName("output_1", 1, 2, renamed), "B");
  EXPECT_EQ(ServedOutputName("output_1", 1, 3, renamed), "output_1");
}

// A config file may declare the outputs in an order of its own.
TEST(ServedOutputNameTest, StaysWhereTheNameIsServed) {
  const auto turned = Signature({}, {"second", "first"});
  EXPECT_EQ(ServedOutputName("first", 0, 2, turned), "first");
}

}  // namespace
}  // namespace sconce

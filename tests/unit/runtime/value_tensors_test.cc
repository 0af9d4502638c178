#include "server/runtime/value_tensors.h"

#include <ATen/Functions.h>
#include <ATen/core/Dict.h>
#include <ATen/core/List.h>
#include <ATen/core/function_schema.h>
#include <ATen/core/jit_type.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sconce {
namespace {

c10::IValue Doubles(const c10::IValue& value) {
  return MapTensors(value,
                    [](const at::Tensor& t) { return t.to(at::kDouble); });
}

at::Tensor One() { return at::ones({2}); }

TEST(ValueTensorsTest, ATensorIsMapped) {
  EXPECT_EQ(Doubles(One()).toTensor().scalar_type(), at::kDouble);
}

TEST(ValueTensorsTest, OneThatIsNotThereIsNot) {
  EXPECT_FALSE(Doubles(at::Tensor()).toTensor().defined());
  EXPECT_TRUE(Doubles(c10::IValue()).isNone());
}

TEST(ValueTensorsTest, TensorsOfTuplesListsAndDictsAreMappedInTheirOrder) {
  c10::List<at::Tensor> list;
  list.push_back(at::full({1}, 1.0));
  list.push_back(at::full({1}, 2.0));
  c10::Dict<std::string, at::Tensor> dict;
  dict.insert("b", at::full({1}, 3.0));
  dict.insert("a", at::full({1}, 4.0));
  const c10::IValue value =
      c10::ivalue::Tuple::create(at::full({1}, 0.0), list, dict);
  std::vector<double> seen;
  const c10::IValue mapped = MapTensors(value, [&](const at::Tensor& t) {
    seen.push_back(t.item<double>());
    return t.add(10);
  });
  EXPECT_EQ(seen, std::vector<double>({0, 1, 2, 3, 4}));
  const auto& elements = mapped.toTupleRef().elements();
  EXPECT_EQ(elements[0].toTensor().item<double>(), 10);
  EXPECT_EQ(elements[1].toTensorVector().at(1).item<double>(), 12);
  EXPECT_EQ(elements[2].toGenericDict().at("a").toTensor().item<double>(), 14);
}

TEST(ValueTensorsTest, WhoeverElseHoldsAContainerSeesNoChange) {
  c10::List<at::Tensor> list;
  list.push_back(One());
  const c10::IValue value = list;
  EXPECT_EQ(Doubles(value).toTensorVector()[0].scalar_type(), at::kDouble);
  EXPECT_EQ(list.get(0).scalar_type(), at::kFloat);
}

TEST(ValueTensorsTest, ANamedTupleKeepsItsNames) {
  const auto type = c10::TupleType::createNamed(
      c10::QualifiedName("Pair"), std::vector<std::string>{"left", "right"},
      std::vector<c10::TypePtr>{c10::TensorType::get(),
                                c10::TensorType::get()});
  const c10::IValue value =
      c10::ivalue::Tuple::createNamed({One(), One()}, type);
  const c10::IValue mapped = Doubles(value);
  const auto named = mapped.type()->expect<c10::TupleType>();
  ASSERT_TRUE(named->schema());
  EXPECT_EQ(named->schema()->arguments()[1].name(), "right");
  EXPECT_EQ(mapped.toTupleRef().elements()[1].toTensor().scalar_type(),
            at::kDouble);
}

TEST(ValueTensorsTest, ScalarsAreAsTheyWere) {
  const c10::List<int64_t> list({1, 2});
  const c10::IValue value = c10::ivalue::Tuple::create(3, "x", list);
  const c10::IValue mapped = Doubles(value);
  EXPECT_EQ(mapped.toTupleRef().elements()[0].toInt(), 3);
  EXPECT_EQ(mapped.toTupleRef().elements()[2].toIntVector(),
            std::vector<int64_t>({1, 2}));
}

}  // namespace
}  // namespace sconce

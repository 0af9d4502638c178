#include "server/sources/padding_text.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class PaddingTextTest : public testing::Test {
 protected:
  PaddingTextTest() {
    config_.max_batch_size = 8;
    config_.inputs = {Spec("ids", DataType::kInt64, {-1, -1}),
                      Spec("mask", DataType::kBool, {-1, -1}),
                      Spec("length", DataType::kInt32, {-1}),
                      Spec("text", DataType::kBytes, {-1, -1}),
                      Spec("image", DataType::kFp16, {-1, 3, -1, -1})};
    config_.outputs = {Spec("hidden", DataType::kFp32, {-1, -1, 64}),
                       Spec("pooled", DataType::kFp32, {-1, 64})};
  }

  static TensorSpec Spec(const std::string& name, DataType type, Shape shape) {
    return {.name = name,
            .type = type,
            .type_origin = FactOrigin::kDeclared,
            .shape = std::move(shape),
            .shape_origin = FactOrigin::kDeclared};
  }

  PaddingRules Parse(const std::string& text) {
    const auto rules = ParsePadding(text, config_);
    EXPECT_TRUE(rules.ok()) << rules.status();
    return rules.value_or(PaddingRules());
  }

  std::string Refusal(const std::string& text) {
    const absl::Status status = ParsePadding(text, config_).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    return std::string(status.message());
  }

  // That of a rule which needs no outputs.
  std::string RefusalOf(const std::string& text) {
    config_.outputs.erase(config_.outputs.begin());
    return Refusal(text);
  }

  ServableConfig config_;
};

constexpr char kGood[] =
    "inputs=ids:1,mask:1 sizes=32,64,128 outputs=hidden:1; mask=mask";

TEST_F(PaddingTextTest, ReadsWhatIsPaddedToWhat) {
  const PaddingRules rules = Parse(kGood);
  ASSERT_THAT(rules.rules, SizeIs(1));
  const PaddingRule& rule = rules.rules[0];
  ASSERT_THAT(rule.inputs, SizeIs(2));
  EXPECT_EQ(rule.inputs[1].tensor, "mask");
  EXPECT_EQ(rule.inputs[1].dimension, 1u);
  ASSERT_THAT(rule.outputs, SizeIs(1));
  EXPECT_EQ(rule.outputs[0].tensor, "hidden");
  EXPECT_THAT(rule.sizes, ElementsAre(32, 64, 128));
  EXPECT_EQ(rule.value, 0);
  EXPECT_THAT(rules.needed, ElementsAre("mask"));
}

TEST_F(PaddingTextTest, RulesMayHaveOtherValues) {
  const PaddingRules rules = Parse(
      "inputs=ids:1 sizes=32 value=-1 outputs=hidden:1; "
      "inputs=mask:1 sizes=32 value=1; mask=mask");
  ASSERT_THAT(rules.rules, SizeIs(2));
  EXPECT_EQ(rules.rules[0].value, -1);
  EXPECT_EQ(rules.rules[1].value, 1);
}

TEST_F(PaddingTextTest, LengthsAndAWordAreReasonsToo) {
  EXPECT_THAT(
      Parse("inputs=ids:1 sizes=8 outputs=hidden:1; length=length").needed,
      ElementsAre("length"));
  EXPECT_THAT(Parse("inputs=ids:1 sizes=8 outputs=hidden:1; harmless").needed,
              IsEmpty());
}

TEST_F(PaddingTextTest, WithoutAReasonItIsRefused) {
  EXPECT_EQ(Refusal("inputs=ids:1 sizes=32 outputs=hidden:1"),
            "parameter 'sconce.padding': nothing tells the model what is "
            "padding, so its answers could change: name the input that does, "
            "as mask=<input> or length=<input>, or say harmless");
}

TEST_F(PaddingTextTest, AMaskIsPaddedAndLengthsAreNot) {
  EXPECT_THAT(Refusal("inputs=ids:1 sizes=32 outputs=hidden:1; mask=mask"),
              HasSubstr("'mask=mask': expected a mask that is padded too"));
  EXPECT_THAT(
      Refusal("inputs=ids:1,mask:1 sizes=32 outputs=hidden:1; length=mask"),
      HasSubstr("'length=mask': expected lengths, which are not padded"));
  EXPECT_THAT(Refusal("inputs=ids:1 sizes=32 outputs=hidden:1; mask=other"),
              HasSubstr("'other': expected an input that the file declares"));
}

TEST_F(PaddingTextTest, WhetherAnOutputIsCutIsNotGuessed) {
  EXPECT_THAT(Refusal("inputs=ids:1 sizes=32; harmless"),
              HasSubstr("output 'hidden' is declared as [-1,-1,64], and "
                        "dimension 1 could be a padded one: say "
                        "outputs=hidden:1"));
  EXPECT_THAT(Refusal("inputs=ids:1 sizes=32 outputs=pooled:1; harmless"),
              HasSubstr("'pooled:1': expected a dimension that is declared as "
                        "-1, of [-1,64]"));
  config_.outputs.clear();
  EXPECT_THAT(Refusal("inputs=ids:1 sizes=32; harmless"),
              HasSubstr("needs declared outputs"));
}

TEST_F(PaddingTextTest, OnlyDimensionsOfAnySizeAreTaken) {
  EXPECT_THAT(RefusalOf("inputs=image:1 sizes=32; harmless"),
              HasSubstr("'image:1': expected a dimension that is declared as "
                        "-1, of [-1,3,-1,-1]"));
}

TEST_F(PaddingTextTest, PlacesAreDimensionsOfTensorsOfNumbers) {
  EXPECT_THAT(Refusal("inputs=ids:0 sizes=32; harmless"),
              HasSubstr("expected a dimension from 1; 0 counts rows"));
  EXPECT_THAT(Refusal("inputs=ids sizes=32; harmless"),
              HasSubstr("'ids': expected <name>:<dimension>"));
  EXPECT_THAT(Refusal("inputs=ids:x sizes=32; harmless"),
              HasSubstr("'ids:x': expected <name>:<dimension>"));
  EXPECT_THAT(Refusal("inputs=none:1 sizes=32; harmless"),
              HasSubstr("'none:1': expected a tensor that the file declares"));
  EXPECT_THAT(Refusal("inputs=text:1 sizes=32; harmless"),
              HasSubstr("'text:1': expected a tensor of numbers"));
  EXPECT_THAT(Refusal("inputs=ids:1,ids:01 sizes=32; harmless"),
              HasSubstr("'ids:01': expected each dimension once"));
}

TEST_F(PaddingTextTest, SizesGrow) {
  for (const char* sizes :
       {"0", "-1", "x", "64,32", "32,32", "1.5", "99999999999"}) {
    EXPECT_THAT(
        Refusal(absl::StrCat("inputs=ids:1 sizes=", sizes, "; harmless")),
        HasSubstr("expected sizes from 1 on, each larger"))
        << sizes;
  }
  EXPECT_THAT(Refusal("inputs=ids:1; harmless"),
              HasSubstr("no inputs= or no sizes="));
}

TEST_F(PaddingTextTest, TheValueFitsTheInputs) {
  EXPECT_THAT(Refusal("inputs=mask:1 sizes=32 value=2; harmless"),
              HasSubstr("'value=2': expected a value that input 'mask', BOOL, "
                        "can hold"));
  EXPECT_THAT(Refusal("inputs=image:2 sizes=32 value=1; harmless"),
              HasSubstr("input 'image', FP16"));
  EXPECT_THAT(Refusal("inputs=ids:1 sizes=32 value=inf; harmless"),
              HasSubstr("input 'ids', INT64"));
  EXPECT_THAT(Refusal("inputs=ids:1 sizes=32 value=many; harmless"),
              HasSubstr("'many': expected a number"));
}

TEST_F(PaddingTextTest, OtherWordsAreRefused) {
  EXPECT_THAT(Refusal("inputs=ids:1 size=32; harmless"),
              HasSubstr("'size': expected inputs=, sizes=, value=, outputs=, "
                        "mask=, length= or harmless"));
  EXPECT_THAT(Refusal(""), HasSubstr("pads nothing"));
  EXPECT_THAT(Refusal("harmless"), HasSubstr("pads nothing"));
}

TEST_F(PaddingTextTest, ItIsForModelsThatDeclareRows) {
  config_.max_batch_size = 0;
  EXPECT_THAT(Refusal(kGood), HasSubstr("needs a max_batch_size"));
}

}  // namespace
}  // namespace sconce

// Of which shapes calls are recorded.
#include "server/runtime/graph_shapes.h"

#include <ATen/Functions.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace sconce {
namespace {

using ::testing::ElementsAre;

using Sizes = std::vector<int64_t>;

class PaddedExamplesTest : public ::testing::Test {
 protected:
  // The shapes of the tensor with this index.
  std::vector<Sizes> Shapes(size_t tensor = 0) const {
    std::vector<Sizes> shapes;
    for (const CallGraphs::Tensors& each : Padded()) {
      shapes.push_back(each.at(tensor).sizes().vec());
    }
    return shapes;
  }

  std::vector<CallGraphs::Tensors> Padded() const {
    auto padded = PaddedExamples(example_, {"ids", "mask"}, rules_);
    EXPECT_TRUE(padded.ok()) << padded.status();
    return *std::move(padded);
  }

  const CallGraphs::Tensors example_ = {at::ones({1, 3}, at::kLong),
                                        at::ones({1, 3})};
  PaddingRules rules_;
};

TEST_F(PaddedExamplesTest, WithoutRulesTheExampleIsAlone) {
  EXPECT_THAT(Shapes(), ElementsAre(Sizes{1, 3}));
}

TEST_F(PaddedExamplesTest, ALengthThatInputsShareIsPaddedInAll) {
  rules_.rules = {{{{"ids", 1}, {"mask", 1}}, {}, {2, 4, 8}, 7}};
  EXPECT_THAT(Shapes(0), ElementsAre(Sizes{1, 4}, Sizes{1, 8}));
  EXPECT_THAT(Shapes(1), ElementsAre(Sizes{1, 4}, Sizes{1, 8}));
  const at::Tensor ids = Padded()[0][0];
  EXPECT_TRUE(at::equal(ids, at::tensor({1, 1, 1, 7}, at::kLong).view({1, 4})));
}

TEST_F(PaddedExamplesTest, ItsOwnLengthIsOneOfTheSizes) {
  rules_.rules = {{{{"ids", 1}}, {}, {3, 6}, 0}};
  EXPECT_THAT(Shapes(0), ElementsAre(Sizes{1, 3}, Sizes{1, 6}));
  EXPECT_THAT(Shapes(1), ElementsAre(Sizes{1, 3}, Sizes{1, 3}));
}

TEST_F(PaddedExamplesTest, LongerThanAllSizesItIsLeftAlone) {
  rules_.rules = {{{{"ids", 1}}, {}, {2}, 0}};
  EXPECT_THAT(Shapes(), ElementsAre(Sizes{1, 3}));
}

TEST_F(PaddedExamplesTest, InputsThatAreNotThereAreLeftOut) {
  rules_.rules = {{{{"other", 1}}, {}, {4}, 0}};
  EXPECT_THAT(Shapes(), ElementsAre(Sizes{1, 3}));
}

TEST_F(PaddedExamplesTest, TwoLengthsMakePairs) {
  rules_.rules = {{{{"ids", 1}}, {}, {4, 8}, 0},
                  {{{"mask", 1}}, {}, {5, 6}, 0}};
  EXPECT_THAT(Shapes(0),
              ElementsAre(Sizes{1, 4}, Sizes{1, 8}, Sizes{1, 4}, Sizes{1, 8}));
  EXPECT_THAT(Shapes(1),
              ElementsAre(Sizes{1, 5}, Sizes{1, 5}, Sizes{1, 6}, Sizes{1, 6}));
}

TEST_F(PaddedExamplesTest, ThereAreNotTooMany) {
  PaddingRule rule = {{{"ids", 1}}, {}, {}, 0};
  for (int64_t size = 4; size < 100; ++size) rule.sizes.push_back(size);
  rules_.rules = {rule};
  EXPECT_EQ(Shapes().size(), kMostShapes);
  EXPECT_EQ(Shapes().front(), (Sizes{1, 4}));
}

TEST_F(PaddedExamplesTest, ADimensionThatIsNotThereIsAnError) {
  rules_.rules = {{{{"ids", 2}}, {}, {4}, 0}};
  EXPECT_FALSE(PaddedExamples(example_, {"ids", "mask"}, rules_).ok());
}

}  // namespace
}  // namespace sconce

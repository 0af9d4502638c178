#include "server/sources/known_models.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sconce {
namespace {

using testing::ElementsAre;
using testing::FieldsAre;

CatalogModel Model(const char* name, std::vector<int64_t> versions) {
  CatalogModel model;
  model.name = name;
  model.versions = std::move(versions);
  return model;
}

class KnownModelsTest : public testing::Test {
 protected:
  KnownModelsTest() { known_.SetAll({Model("b", {1}), Model("a", {1, 2})}); }
  KnownModels known_;
};

TEST_F(KnownModelsTest, AreGivenByName) {
  EXPECT_THAT(known_.All(), ElementsAre(FieldsAre("a", ElementsAre(1, 2)),
                                        FieldsAre("b", ElementsAre(1))));
  known_.SetAll({});
  EXPECT_TRUE(known_.All().empty());
}

TEST_F(KnownModelsTest, OneThatChangedLeavesTheOthersAlone) {
  known_.Set("b", Model("b", {2}));
  known_.Set("ab", Model("ab", {7}));
  EXPECT_THAT(known_.All(), ElementsAre(FieldsAre("a", ElementsAre(1, 2)),
                                        FieldsAre("ab", ElementsAre(7)),
                                        FieldsAre("b", ElementsAre(2))));
}

TEST_F(KnownModelsTest, OneThatIsGoneIsForgotten) {
  known_.Set("a", absl::NotFoundError("gone"));
  EXPECT_THAT(known_.All(), ElementsAre(FieldsAre("b", ElementsAre(1))));
}

TEST_F(KnownModelsTest, AnotherErrorForgetsNothing) {
  known_.Set("a", absl::UnavailableError("the disk does not answer"));
  EXPECT_EQ(known_.All().size(), 2);
}

}  // namespace
}  // namespace sconce

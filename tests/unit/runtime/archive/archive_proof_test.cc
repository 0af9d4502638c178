#include "server/runtime/archive/archive_proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/runtime/archive/archive_writer.h"

namespace sconce {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::Status Prove(const Records& records,
                   std::vector<std::string>* steps = nullptr) {
  return ProveArchive(WriteZip(records), OperatorPolicy({}),
                      [&](absl::string_view step, MonoDuration) {
                        if (steps) steps->push_back(std::string(step));
                      })
      .status();
}

TEST(ProveArchiveTest, TellsEachStep) {
  std::vector<std::string> steps;
  const absl::Status proven = Prove(TorchScript(), &steps);
  EXPECT_TRUE(proven.ok()) << proven;
  EXPECT_THAT(steps, ElementsAre("recognize", "integrity", "operators"));
}

TEST(ProveArchiveTest, StopsAtTheFirstFault) {
  std::vector<std::string> steps;
  Records records = TorchScript();
  records["m/data/0"] = "short";
  EXPECT_FALSE(Prove(records, &steps).ok());
  EXPECT_THAT(steps, ElementsAre("recognize", "integrity"));
}

TEST(ProveArchiveTest, NamesTheRecordOfBadCode) {
  const absl::Status status =
      Prove(TorchScript("def f(x):\n  torch.save(x, \"f\")\n"));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(
      std::string(status.message()),
      AllOf(HasSubstr("code/__torch__.py, line 2"), HasSubstr("aten::save")));
}

TEST(ProveArchiveTest, ReadsCodeUnderAnyCapitals) {
  Records records = TorchScript();
  records["m/CODE/__torch__/A.Py"] = "x = torch.save";
  EXPECT_FALSE(Prove(records).ok());
}

}  // namespace
}  // namespace sconce

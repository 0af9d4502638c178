#include "server/tensor/join_rows.h"

#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "server/tensor/strings.h"

namespace sconce {
namespace {

class JoinRowsTest : public testing::Test {
 protected:
  OutputTensor Output(const Shape& shape, std::vector<uint8_t> bytes) {
    const auto& kept = bytes_.emplace_back(std::move(bytes));
    return {"y", DataType::kUint8, shape, absl::MakeConstSpan(kept), nullptr};
  }

  OutputTensor Strings(const std::vector<std::string>& texts) {
    std::vector<uint8_t> bytes;
    for (const std::string& text : texts) AppendString(text, &bytes);
    OutputTensor output =
        Output({static_cast<int64_t>(texts.size())}, std::move(bytes));
    output.type = DataType::kBytes;
    return output;
  }

  static std::vector<uint8_t> Bytes(const OutputTensor& output) {
    return {output.bytes.begin(), output.bytes.end()};
  }

  std::deque<std::vector<uint8_t>> bytes_;
};

TEST_F(JoinRowsTest, RowsComeInTheOrderOfTheParts) {
  const auto joined = JoinRows(
      {{2, {Output({2, 2}, {1, 2, 3, 4})}}, {1, {Output({1, 2}, {5, 6})}}});
  ASSERT_TRUE(joined.ok()) << joined.status();
  ASSERT_EQ(joined->size(), 1u);
  EXPECT_EQ(joined->at(0).name, "y");
  EXPECT_EQ(joined->at(0).shape, (Shape{3, 2}));
  EXPECT_EQ(Bytes(joined->at(0)), (std::vector<uint8_t>{1, 2, 3, 4, 5, 6}));
}

TEST_F(JoinRowsTest, TheAnswerKeepsItsBytesAlive) {
  auto joined =
      JoinRows({{1, {Output({1}, {1})}}, {1, {Output({1}, {2})}}}).value();
  const OutputTensor kept = joined[0];
  joined.clear();
  EXPECT_EQ(Bytes(kept), (std::vector<uint8_t>{1, 2}));
}

TEST_F(JoinRowsTest, StringsAreJoinedToo) {
  const auto joined =
      JoinRows({{2, {Strings({"cat", ""})}}, {1, {Strings({"hippo"})}}});
  ASSERT_TRUE(joined.ok()) << joined.status();
  EXPECT_EQ(ReadStrings(ByteChunks(joined->at(0).bytes)),
            (std::vector<std::string>{"cat", "", "hippo"}));
  EXPECT_EQ(joined->at(0).shape, (Shape{3}));
}

TEST_F(JoinRowsTest, RowsMayBeEmpty) {
  const auto joined =
      JoinRows({{2, {Output({2, 0}, {})}}, {1, {Output({1, 0}, {})}}});
  ASSERT_TRUE(joined.ok()) << joined.status();
  EXPECT_EQ(joined->at(0).shape, (Shape{3, 0}));
}

TEST_F(JoinRowsTest, AScalarIsNotJoined) {
  const auto joined =
      JoinRows({{2, {Output({}, {7})}}, {1, {Output({}, {7})}}});
  EXPECT_EQ(joined.status(),
            absl::FailedPreconditionError("output 'y' has shape [] for 2 rows, "
                                          "not one row for each"));
}

TEST_F(JoinRowsTest, AnotherNumberOfRowsIsNotJoined) {
  const auto joined =
      JoinRows({{2, {Output({2}, {1, 2})}}, {2, {Output({1}, {3})}}});
  EXPECT_EQ(joined.status(),
            absl::FailedPreconditionError(
                "output 'y' has shape [1] for 2 rows, not one row for each"));
}

TEST_F(JoinRowsTest, RowsOfDifferentLengthsAreNotJoined) {
  const auto joined =
      JoinRows({{1, {Output({1, 1}, {1})}}, {1, {Output({1, 2}, {3, 4})}}});
  EXPECT_EQ(joined.status(),
            absl::FailedPreconditionError(
                "output 'y' is UINT8[1,1] for some rows, and for others 'y' is "
                "UINT8[1,2]"));
}

TEST_F(JoinRowsTest, PartsWithOtherOutputsAreNotJoined) {
  const auto joined = JoinRows({{1, {Output({1}, {1})}}, {1, {}}});
  EXPECT_EQ(joined.status(),
            absl::FailedPreconditionError(
                "there are 1 outputs for some rows and 0 for others"));
}

}  // namespace
}  // namespace sconce

#include "server/runtime/archive/pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/unit/runtime/archive/archive_writer.h"

namespace sconce {
namespace {

using ::testing::HasSubstr;
using Kind = PickleValue::Kind;

std::string FaultOf(const std::string& bytes) {
  return std::string(Pickle::Read(bytes).status().message());
}

TEST(PickleTest, ReadsNumbersOfEveryLength) {
  const std::string all = std::string(
      "\x80\x02(K\x07M\x01\x02J\xff\xff\xff\xff"
      "\x8a\x02\x00\x80I12\nL34L\nt.",
      sizeof("\x80\x02(K\x07M\x01\x02J\xff\xff\xff\xff"
             "\x8a\x02\x00\x80I12\nL34L\nt.") -
          1);
  const absl::StatusOr<Pickle> pickle = Pickle::Read(all);
  ASSERT_TRUE(pickle.ok()) << pickle.status();
  std::vector<int64_t> numbers;
  for (size_t i = 0; i < pickle->root().items.size(); ++i) {
    numbers.push_back(pickle->Item(pickle->root(), i).number);
  }
  EXPECT_THAT(numbers, ::testing::ElementsAre(7, 513, -1, -32768, 12, 34));
}

TEST(PickleTest, ReadsContainersAndTheMemo) {
  const std::string bytes = PickleOf("]q\x01(" + Text("a") + "q\x02h\x02" +
                                     Dict({Text("k"), "N"}) + "e");
  const absl::StatusOr<Pickle> pickle = Pickle::Read(bytes);
  ASSERT_TRUE(pickle.ok()) << pickle.status();
  const PickleValue& list = pickle->root();
  ASSERT_EQ(list.items.size(), 3u);
  EXPECT_EQ(list.items[0], list.items[1]);
  EXPECT_EQ(pickle->Item(list, 0).text, "a");
  EXPECT_EQ(pickle->Item(list, 2).kind, Kind::kDict);
  EXPECT_EQ(pickle->length(), bytes.size());
}

TEST(PickleTest, RunsNothing) {
  const std::string bytes =
      PickleOf("cos\nsystem\n" + Tuple({Text("exit 1")}) + "R");
  const absl::StatusOr<Pickle> pickle = Pickle::Read(bytes);
  ASSERT_TRUE(pickle.ok());
  EXPECT_EQ(pickle->root().kind, Kind::kMade);
  EXPECT_EQ(pickle->Item(pickle->root(), 0).text, "os\nsystem");
}

TEST(PickleTest, RefusesWhatIsNoPickle) {
  EXPECT_THAT(FaultOf(""), HasSubstr("cut short"));
  EXPECT_THAT(FaultOf("\x80\x02"), HasSubstr("cut short"));
  EXPECT_THAT(FaultOf("X\xff\xff\xff\xffhello"), HasSubstr("cut short"));
  EXPECT_THAT(FaultOf("."), HasSubstr("stack"));
  EXPECT_THAT(FaultOf("(R."), HasSubstr("stack"));
  EXPECT_THAT(FaultOf("t."), HasSubstr("mark"));
  EXPECT_THAT(FaultOf("Nr\xff\xff\xff\x7f."), HasSubstr("numbers"));
  EXPECT_THAT(FaultOf("h\x05."), HasSubstr("refers"));
  EXPECT_THAT(FaultOf("\xff"), HasSubstr("operation"));
}

TEST(PickleTest, RefusesTooManyValues) {
  EXPECT_THAT(FaultOf(std::string(5'000'000, ')')), HasSubstr("too many"));
  const std::string three = "\x80\x02)))l.";
  EXPECT_FALSE(Pickle::Read(three, 3).ok());
}

TEST(PickleTest, DepthCountsTheLongestWay) {
  const std::string bytes = PickleOf(")\x85\x85");
  const absl::StatusOr<Pickle> pickle = Pickle::Read(bytes);
  EXPECT_TRUE(pickle->CheckDepth(3).ok());
  EXPECT_FALSE(pickle->CheckDepth(2).ok());
}

// Lists that are filled after they were put into others.
TEST(PickleTest, DepthSeesLateItemsAndCircles) {
  const std::string late = PickleOf(
      "]q\x01\x85h\x01)\x85\x85"
      "a0");
  EXPECT_FALSE(Pickle::Read(late)->CheckDepth(4).ok());
  const std::string circle = PickleOf(
      "]q\x01h\x01"
      "a");
  EXPECT_FALSE(Pickle::Read(circle)->CheckDepth(100).ok());
}

TEST(PickleTest, SurvivesRandomBytes) {
  const std::string good = PickleOf(Dict({Text("weight"), Tensor({})}));
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = good;
    for (int n = 0; n < 3; ++n) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    const absl::StatusOr<Pickle> pickle = Pickle::Read(bytes);
    if (pickle.ok()) (void)pickle->CheckDepth(100).ok();
  }
}

}  // namespace
}  // namespace sconce

#include "client/loadtest/payload/mix_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/loadtest/numpy_files.h"

namespace sconce::load {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::StatusOr<std::vector<EntrySpec>> Read(const std::string& text) {
  return ReadMixFile(WriteFile("mix.json", text));
}

std::string FaultOf(const std::string& text) {
  const auto read = Read(text);
  EXPECT_TRUE(absl::IsInvalidArgument(read.status())) << text;
  EXPECT_THAT(std::string(read.status().message()),
              HasSubstr(PathFor("mix.json")));
  return std::string(read.status().message());
}

TEST(MixFileTest, ReadsEveryKey) {
  const auto read = Read(R"({"entries": [{
      "name": "small", "model": "net:embed", "version": "2", "weight": 2.5,
      "inputs": {"x": "x.npy", "n": [1, 2], "t": "text"},
      "npz": "in.npz", "shapes": {"z": [-1, 3]}, "batch": 4,
      "expect": "/right.npz", "tolerance": 0.5, "golden": false},
      {"model": "b", "version": 3}]})");
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->size(), 2U);
  const EntrySpec& entry = read->at(0);
  EXPECT_EQ(entry.name, "small");
  EXPECT_EQ(entry.model, "net:embed");
  EXPECT_EQ(entry.version, "2");
  EXPECT_EQ(entry.weight, 2.5);
  const std::string folder = PathFor("").substr(0, PathFor("").rfind('/') + 1);
  EXPECT_EQ(entry.inputs.at("x"), folder + "x.npy");
  EXPECT_EQ(entry.inputs.at("n"), "[1,2]");
  EXPECT_EQ(entry.inputs.at("t"), "\"text\"");
  EXPECT_EQ(entry.npz, folder + "in.npz");
  EXPECT_THAT(entry.shapes.at("z"), ElementsAre(-1, 3));
  EXPECT_EQ(entry.batch, 4);
  EXPECT_EQ(entry.expect, "/right.npz");
  EXPECT_EQ(entry.tolerance, 0.5);
  EXPECT_EQ(entry.use_golden, false);
  EXPECT_EQ(read->at(1).version, "3");
  EXPECT_EQ(read->at(1).use_golden, std::nullopt);
}

TEST(MixFileTest, AnUnknownKeyIsToldWithTheKnownOnes) {
  EXPECT_THAT(
      FaultOf(R"({"entries": [{"model": "a"},
                                      {"model": "b", "wait": 1}]})"),
      AllOf(HasSubstr("entry 2"), HasSubstr("'wait'"), HasSubstr("weight")));
  EXPECT_THAT(FaultOf(R"({"entries": [{"model": "a"}], "rate": 3})"),
              HasSubstr("entries"));
}

TEST(MixFileTest, AValueOfAnotherKindIsNamed) {
  EXPECT_THAT(FaultOf(R"({"entries": [{"model": 5}]})"),
              AllOf(HasSubstr("'model'"), HasSubstr("a text"), HasSubstr("5")));
  for (const char* wrong :
       {R"("weight": "1")", R"("inputs": [])", R"("npz": 1)",
        R"("shapes": {"x": 3})", R"("shapes": {"x": [1.5]})", R"("batch": 1.5)",
        R"("golden": 1)", R"("version": -1)"}) {
    FaultOf(absl::StrCat(R"({"entries": [{"model": "a", )", wrong, "}]}"));
  }
}

TEST(MixFileTest, WhatIsNoMixIsRefused) {
  for (const char* text :
       {"", "[]", "{}", R"({"entries": []})", R"({"entries": {}})",
        R"({"entries": [1]})", R"({"entries": [{}]})"}) {
    FaultOf(text);
  }
  EXPECT_THAT(FaultOf(std::string(1000000, '[')), HasSubstr("deep"));
  EXPECT_TRUE(absl::IsNotFound(ReadMixFile("/nowhere.json").status()));
}

}  // namespace
}  // namespace sconce::load

#include "client/loadtest/payload/payloads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/unit/loadtest/mix_requests.h"
#include "tests/unit/loadtest/numpy_files.h"

namespace sconce::load {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Takes "x", FP32 [-1,2], and "n", INT64 [1]; gives "y", FP32.
ModelDescription Net() {
  return {{{"x", DataType::kFp32, {-1, 2}}, {"n", DataType::kInt64, {1}}},
          {{"y", DataType::kFp32, {-1}}}};
}

absl::StatusOr<std::vector<Payload>> Make(const EntrySpec& entry,
                                          const ModelDescription& model) {
  return MakePayloads(entry, model, false, 1);
}

std::string FaultOf(const EntrySpec& entry,
                    const ModelDescription& model = Net()) {
  const auto made = Make(entry, model);
  EXPECT_TRUE(absl::IsInvalidArgument(made.status())) << made.status();
  return std::string(made.status().message());
}

std::string Floats(const std::string& shape, size_t count) {
  return NpyOf("<f4", shape, std::string(4 * count, '\0'));
}

EntrySpec GivenX(const std::string& file) {
  EntrySpec entry = EntryOf("net");
  entry.inputs["x"] = WriteFile("x.npy", file);
  return entry;
}

TEST(PayloadsTest, GivenInputsAreOneMessage) {
  EntrySpec entry = GivenX(NpyOf("<f4", "(1, 2)", Raw<float>({1, 2})));
  entry.inputs["n"] = "[7]";
  const auto made = Make(entry, Net());
  ASSERT_TRUE(made.ok()) << made.status();
  ASSERT_EQ(made->size(), 1U);
  const auto request = RequestOf(made->at(0));
  ASSERT_EQ(request.inputs_size(), 2);
  EXPECT_EQ(request.inputs(0).name(), "n");
  EXPECT_EQ(request.raw_input_contents(0), Raw<int64_t>({7}));
  EXPECT_EQ(request.inputs(1).name(), "x");
  EXPECT_EQ(request.raw_input_contents(1), Raw<float>({1, 2}));
}

TEST(PayloadsTest, OneValueIsAListOfOneWhereTheModelTakesAList) {
  EntrySpec entry = EntryOf("net");
  entry.inputs["n"] = "7";
  const auto made = Make(entry, Net());
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(RequestOf(made->at(0)).inputs(0).shape(), ElementsAre(1));
}

TEST(PayloadsTest, InputsMayComeFromAnArchive) {
  EntrySpec entry = EntryOf("net");
  entry.npz =
      WriteZip("in.npz", {{"x.npy", Floats("(3, 2)", 6)},
                          {"n.npy", NpyOf("<i8", "(1,)", Raw<int64_t>({7}))}});
  const auto made = Make(entry, Net());
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(RequestOf(made->at(0)).inputs(1).shape(), ElementsAre(3, 2));
  entry.inputs["n"] = "[7]";
  EXPECT_THAT(FaultOf(entry), HasSubstr("twice"));
}

TEST(PayloadsTest, WhatIsNotGivenIsMadeUp) {
  const auto made = Make(GivenX(Floats("(1, 2)", 2)), Net());
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->size(), 8U);
  EXPECT_EQ(RequestOf(made->at(0)).inputs_size(), 2);
}

TEST(PayloadsTest, InputsThatDoNotFitTheModelAreNamed) {
  EXPECT_THAT(
      FaultOf(GivenX(Floats("(1, 3)", 3))),
      AllOf(HasSubstr("input 'x'"), HasSubstr("[-1,2]"), HasSubstr("[1,3]")));
  EXPECT_THAT(
      FaultOf(GivenX(NpyOf("<f8", "(1, 2)", Raw<double>({1, 2})))),
      AllOf(HasSubstr("input 'x'"), HasSubstr("FP32"), HasSubstr("FP64")));
  EntrySpec entry = EntryOf("net");
  entry.inputs["z"] = "1";
  EXPECT_THAT(FaultOf(entry),
              AllOf(HasSubstr("input 'z'"), HasSubstr("it has x, n")));
  entry = EntryOf("net");
  entry.inputs["x"] = "/nowhere/x.npy";
  EXPECT_TRUE(absl::IsNotFound(Make(entry, Net()).status()));
}

TEST(PayloadsTest, AServerThatDescribesNothingTakesWhatIsGiven) {
  EntrySpec entry = EntryOf("net");
  entry.inputs["x"] = "[1.5]";
  const auto made = Make(entry, {});
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(RequestOf(made->at(0)).inputs(0).datatype(), "FP32");
}

TEST(PayloadsTest, ShapesAndBatchFillOpenSizes) {
  const ModelDescription images = {{{"x", DataType::kUint8, {-1, 3, -1, -1}}},
                                   {}};
  EntrySpec entry = EntryOf("net");
  const auto shape = [&] {
    const auto made = Make(entry, images);
    EXPECT_TRUE(made.ok()) << made.status();
    const auto request = RequestOf(made->at(0));
    return std::vector<int64_t>(request.inputs(0).shape().begin(),
                                request.inputs(0).shape().end());
  };
  EXPECT_THAT(shape(), ElementsAre(1, 3, 1, 1));
  entry.batch = 4;
  entry.shapes["x"] = {-1, -1, 8, 9};
  EXPECT_THAT(shape(), ElementsAre(4, 3, 8, 9));
  entry.shapes["x"] = {2, 3, 8, 9};
  EXPECT_THAT(shape(), ElementsAre(2, 3, 8, 9));
  entry.shapes["x"] = {1, 4, 8, 9};
  EXPECT_THAT(FaultOf(entry, images),
              AllOf(HasSubstr("[1,4,8,9]"), HasSubstr("[-1,3,-1,-1]")));
  entry.shapes["x"] = {1 << 20, 3, 1 << 20, 1};
  EXPECT_THAT(FaultOf(entry, images), HasSubstr("does not fit a message"));
}

TEST(PayloadsTest, SettingsThatNothingFollowsAreRefused) {
  EntrySpec entry = GivenX(Floats("(1, 2)", 2));
  entry.batch = 4;
  EXPECT_THAT(FaultOf(entry), HasSubstr("batch of 4"));
  entry = GivenX(Floats("(1, 2)", 2));
  entry.shapes["x"] = {1, 2};
  EXPECT_THAT(FaultOf(entry), HasSubstr("input 'x'"));
}

TEST(PayloadsTest, MadeUpValuesAreMild) {
  const ModelDescription model = {{{"f", DataType::kFp32, {1000}},
                                   {"i", DataType::kInt16, {1000}},
                                   {"b", DataType::kBool, {1000}},
                                   {"s", DataType::kBytes, {1000}},
                                   {"h", DataType::kFp16, {1000}}},
                                  {}};
  const auto made = Make(EntryOf("net"), model);
  ASSERT_TRUE(made.ok()) << made.status();
  const auto request = RequestOf(made->at(0));
  const auto view = [&](int i) {
    const std::string& raw = request.raw_input_contents(i);
    return TensorView(
        *ParseDataType(request.inputs(i).datatype()), request.inputs(i).shape(),
        {reinterpret_cast<const uint8_t*>(raw.data()), raw.size()});
  };
  std::vector<float> floats(1000);
  std::memcpy(floats.data(), view(0).bytes().data(), 4000);
  EXPECT_THAT(floats, Each(AllOf(::testing::Ge(0), ::testing::Lt(1))));
  std::vector<int16_t> ints(1000);
  std::memcpy(ints.data(), view(1).bytes().data(), 2000);
  EXPECT_THAT(ints, Each(AllOf(::testing::Ge(0), ::testing::Le(9))));
  EXPECT_THAT(view(2).bytes(), Each(::testing::Le(1)));
  ASSERT_TRUE(view(3).Strings().ok());
  EXPECT_THAT(*view(3).Strings(), Each(::testing::SizeIs(::testing::Le(7))));
  EXPECT_TRUE(view(4).Validate().ok());
}

TEST(PayloadsTest, LargeMessagesAreFewer) {
  const ModelDescription model = {{{"x", DataType::kUint8, {100 << 20}}}, {}};
  const auto made = Make(EntryOf("net"), model);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->size(), 2U);
}

TEST(PayloadsTest, UnknownTensorsAskForMore) {
  EntrySpec entry = EntryOf("net");
  const ModelDescription model = {{{"x", std::nullopt, {}}}, {}};
  EXPECT_THAT(FaultOf(entry, model), HasSubstr("--shape x="));
  entry.shapes["x"] = {2};
  const auto made = Make(entry, model);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(RequestOf(made->at(0)).inputs(0).datatype(), "FP32");
}

TEST(PayloadsTest, ListsAndDictsOfTensorsAreGivenByElement) {
  const ModelDescription lists = {{{"xs.<index>", DataType::kFp32, {1}}}, {}};
  EXPECT_EQ(RequestOf(Make(EntryOf("net"), lists)->at(0)).inputs(0).name(),
            "xs.0");
  EntrySpec entry = EntryOf("net");
  entry.inputs = {{"xs.0", "[1]"}, {"xs.1", "[2]"}};
  const auto made = Make(entry, lists);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(RequestOf(made->at(0)).inputs_size(), 2);
  const ModelDescription dicts = {{{"d.<key>", DataType::kFp32, {1}}}, {}};
  EXPECT_THAT(FaultOf(EntryOf("net"), dicts), HasSubstr("keys"));
}

TEST(PayloadsTest, AnswersAreCheckedByTheExpectedOutputs) {
  EntrySpec entry = GivenX(Floats("(1, 2)", 2));
  entry.inputs["n"] = "[7]";
  entry.expect =
      WriteZip("right.npz", {{"y.npy", NpyOf("<f4", "(1,)", Raw<float>({2}))}});
  const auto made = Make(entry, Net());
  ASSERT_TRUE(made.ok()) << made.status();
  ASSERT_NE(made->at(0).check, nullptr);
  inference::ModelInferResponse answer;
  auto* const output = answer.add_outputs();
  output->set_name("y");
  output->set_datatype("FP32");
  output->add_shape(1);
  answer.add_raw_output_contents(Raw<float>({2.0001F}));
  EXPECT_EQ(made->at(0).check->FaultOf(MakeBuffer(answer)), std::nullopt);
  entry.tolerance = 1e-5;
  EXPECT_NE(Make(entry, Net())->at(0).check->FaultOf(MakeBuffer(answer)),
            std::nullopt);
}

TEST(PayloadsTest, ExpectedOutputsHaveToBeThoseOfTheModel) {
  EntrySpec entry = GivenX(Floats("(1, 2)", 2));
  entry.expect = WriteZip("right.npz", {{"y.npy", Floats("(1,)", 1)}});
  EXPECT_THAT(FaultOf(entry),
              AllOf(HasSubstr("input 'n'"), HasSubstr("no right answer")));
  entry.inputs["n"] = "[7]";
  entry.expect = WriteZip("right.npz", {{"z.npy", Floats("(1,)", 1)}});
  EXPECT_THAT(FaultOf(entry),
              AllOf(HasSubstr("output 'z'"), HasSubstr("it has y")));
  entry.expect = WriteZip("right.npz", {{"y.npy", NpyOf("<i2", "(1,)", "12")}});
  EXPECT_THAT(FaultOf(entry), HasSubstr("INT16"));
  entry.expect = WriteFile("right.npz", "none");
  EXPECT_THAT(FaultOf(entry), HasSubstr("right.npz"));
}

}  // namespace
}  // namespace sconce::load

#include "client/loadtest/payload/output_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "inference/grpc_service.pb.h"
#include "tests/support/wire_messages.h"
#include "tests/unit/loadtest/numpy_files.h"

namespace sconce::load {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Optional;
using Response = inference::ModelInferResponse;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

Tensor Floats(const std::vector<float>& values) {
  return {DataType::kFp32, {static_cast<int64_t>(values.size())}, Raw(values)};
}

OutputCheck CheckOf(const Tensor& y, double tolerance = 1e-4) {
  return OutputCheck({{"y", {y, tolerance}}}, OutputCheck::Others::kAllowed);
}

void AddOutput(const std::string& name, const Tensor& tensor,
               Response* response) {
  auto* const output = response->add_outputs();
  output->set_name(name);
  output->set_datatype(std::string(DataTypeName(tensor.type)));
  output->mutable_shape()->Add(tensor.shape.begin(), tensor.shape.end());
  response->add_raw_output_contents(tensor.bytes);
}

Response ResponseOf(const Tensor& y) {
  Response response;
  AddOutput("y", y, &response);
  return response;
}

std::optional<std::string> Fault(const Tensor& expected, const Tensor& found,
                                 double tolerance = 1e-4) {
  return CheckOf(expected, tolerance).FaultOf(MakeBuffer(ResponseOf(found)));
}

TEST(OutputCheckTest, EqualAnswersAreRightHoweverTheyAreCut) {
  const Tensor y = Floats({1, 2, 3});
  for (size_t size = 1; size < 20; ++size) {
    EXPECT_EQ(CheckOf(y).FaultOf(MakeBuffer(ResponseOf(y), size)),
              std::nullopt);
    EXPECT_NE(
        CheckOf(y).FaultOf(MakeBuffer(ResponseOf(Floats({1, 2, 4})), size)),
        std::nullopt);
  }
}

TEST(OutputCheckTest, SaysWhichElementIsWrong) {
  EXPECT_EQ(Fault(Floats({1, 0.25, 3}), Floats({1, 0.5, 4})),
            "output 'y': element 1 of 3: expected 0.25, found 0.5");
}

TEST(OutputCheckTest, FloatsMayDifferByTheTolerance) {
  EXPECT_EQ(Fault(Floats({9}), Floats({9.09}), 0.01), std::nullopt);
  EXPECT_NE(Fault(Floats({9}), Floats({9.11}), 0.01), std::nullopt);
  EXPECT_EQ(Fault(Floats({0}), Floats({-0.009}), 0.01), std::nullopt);
  EXPECT_NE(Fault(Floats({1}), Floats({std::nextafter(1.0F, 2.0F)}), 0),
            std::nullopt);
}

TEST(OutputCheckTest, InfiniteAndUndefinedValuesHaveToBeTheSame) {
  const float nan = std::nanf("");
  const float other_nan = -std::nanf("7");
  EXPECT_EQ(Fault(Floats({nan, kInfinity}), Floats({other_nan, kInfinity})),
            std::nullopt);
  EXPECT_THAT(Fault(Floats({nan}), Floats({1})),
              Optional(HasSubstr("expected nan")));
  EXPECT_NE(Fault(Floats({1}), Floats({nan})), std::nullopt);
  EXPECT_NE(Fault(Floats({kInfinity}), Floats({-kInfinity})), std::nullopt);
  EXPECT_NE(Fault(Floats({kInfinity}), Floats({1})), std::nullopt);
  EXPECT_NE(Fault(Floats({1}), Floats({kInfinity})), std::nullopt);
}

TEST(OutputCheckTest, AllFloatingTypesHaveATolerance) {
  const auto one = [](DataType type, const std::string& bytes) {
    return Tensor{type, {1}, bytes};
  };
  const auto half = [&](uint16_t bits) {
    return one(DataType::kFp16, Raw<uint16_t>({bits}));
  };
  EXPECT_EQ(Fault(half(0x3c00), half(0x3c01), 1e-3), std::nullopt);
  EXPECT_NE(Fault(half(0x3c00), half(0x3c01), 1e-4), std::nullopt);
  const auto brain = [&](uint16_t bits) {
    return one(DataType::kBf16, Raw<uint16_t>({bits}));
  };
  EXPECT_EQ(Fault(brain(0x3f80), brain(0x3f81), 1e-2), std::nullopt);
  EXPECT_NE(Fault(brain(0x3f80), brain(0x3f81), 1e-3), std::nullopt);
  const auto wide = [&](double value) {
    return one(DataType::kFp64, Raw<double>({value}));
  };
  EXPECT_EQ(Fault(wide(1), wide(1 + 1e-9), 1e-9), std::nullopt);
  EXPECT_NE(Fault(wide(1), wide(1 + 1e-8), 1e-9), std::nullopt);
}

TEST(OutputCheckTest, OtherTypesAreExact) {
  const Tensor ints{DataType::kInt64, {2}, Raw<int64_t>({1, -5})};
  const Tensor others{DataType::kInt64, {2}, Raw<int64_t>({1, -6})};
  EXPECT_EQ(Fault(ints, ints), std::nullopt);
  EXPECT_THAT(Fault(ints, others, 100),
              Optional(HasSubstr("expected -5, found -6")));
  const Tensor yes{DataType::kBool, {1}, "\1"};
  EXPECT_THAT(Fault(yes, {DataType::kBool, {1}, std::string(1, '\0')}),
              Optional(HasSubstr("expected true, found false")));
}

TEST(OutputCheckTest, TextsAreToldInQuotes) {
  const auto texts = [](const std::vector<absl::string_view>& values) {
    return Tensor{DataType::kBytes,
                  {static_cast<int64_t>(values.size())},
                  EncodeStrings(values)};
  };
  EXPECT_EQ(Fault(texts({"a", "b\n"}), texts({"a", "b\n"})), std::nullopt);
  EXPECT_THAT(
      Fault(texts({"a", "b\n"}), texts({"a", "c"})),
      Optional(HasSubstr(R"(element 1 of 2: expected "b\n", found "c")")));
  Tensor broken = texts({"a", "b"});
  broken.bytes.pop_back();
  EXPECT_NE(Fault(texts({"a", "b"}), broken), std::nullopt);
}

TEST(OutputCheckTest, TypeShapeAndSizeHaveToBeTheSame) {
  const Tensor expected = Floats({1, 2});
  Tensor found = expected;
  found.shape = {1, 2};
  EXPECT_THAT(Fault(expected, found),
              Optional(HasSubstr("expected shape [2], found [1,2]")));
  found = expected;
  found.type = DataType::kInt32;
  EXPECT_THAT(Fault(expected, found),
              Optional(HasSubstr("expected FP32, found INT32")));
  found = expected;
  found.bytes.pop_back();
  EXPECT_THAT(Fault(expected, found),
              Optional(HasSubstr("expected 8 bytes, found 7")));
}

TEST(OutputCheckTest, OutputsAreFoundByName) {
  Response response;
  AddOutput("z", Floats({5}), &response);
  AddOutput("y", Floats({1}), &response);
  EXPECT_EQ(CheckOf(Floats({1})).FaultOf(MakeBuffer(response)), std::nullopt);
  const OutputCheck strict({{"y", {Floats({1}), 0}}},
                           OutputCheck::Others::kWrong);
  EXPECT_THAT(strict.FaultOf(MakeBuffer(response)),
              Optional(HasSubstr("'z' was not expected")));
  response.mutable_outputs(1)->set_name("w");
  EXPECT_THAT(CheckOf(Floats({1})).FaultOf(MakeBuffer(response)),
              Optional(AllOf(HasSubstr("'y' is missing"),
                             HasSubstr("the answer has z, w"))));
}

TEST(OutputCheckTest, TakesTypedContents) {
  Response response;
  auto* const output = response.add_outputs();
  output->set_name("y");
  output->set_datatype("FP32");
  output->add_shape(2);
  output->mutable_contents()->add_fp32_contents(1);
  output->mutable_contents()->add_fp32_contents(2);
  const auto answer = MakeBuffer(response);
  EXPECT_EQ(CheckOf(Floats({1, 2})).FaultOf(answer), std::nullopt);
  EXPECT_NE(CheckOf(Floats({1, 3})).FaultOf(answer), std::nullopt);
}

TEST(OutputCheckTest, WhatIsNoAnswerIsWrong) {
  const OutputCheck check = CheckOf(Floats({1}));
  EXPECT_NE(check.FaultOf(MakeBuffer(std::string("\xff\xff"))), std::nullopt);
  EXPECT_NE(check.FaultOf({}), std::nullopt);
  Response response = ResponseOf(Floats({1}));
  response.add_raw_output_contents("more");
  EXPECT_THAT(check.FaultOf(MakeBuffer(response)),
              Optional(HasSubstr("describes 1 outputs and has 2")));
}

}  // namespace
}  // namespace sconce::load

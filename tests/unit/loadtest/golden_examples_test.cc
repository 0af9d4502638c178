#include "client/loadtest/payload/golden_examples.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "client/loadtest/payload/build_mix.h"
#include "tests/unit/loadtest/fake_model_server.h"
#include "tests/unit/loadtest/mix_requests.h"
#include "tests/unit/loadtest/numpy_files.h"

namespace sconce::load {
namespace {

using management::v1::GetModelExamplesResponse;
using ::testing::HasSubstr;

inference::ModelInferResponse AnswerOf(float y) {
  inference::ModelInferResponse answer;
  auto* const output = answer.add_outputs();
  output->set_name("y");
  output->set_datatype("FP32");
  output->add_shape(1);
  answer.add_raw_output_contents(Raw<float>({y}));
  return answer;
}

void AddExample(const std::string& name, const std::string& method,
                GetModelExamplesResponse* response) {
  auto* const example = response->add_examples();
  example->set_name(name);
  example->set_method(method);
  inference::ModelInferRequest request;
  request.set_model_name("net");
  request.set_id(name);
  example->set_request(request.SerializeAsString());
  example->set_response(AnswerOf(1).SerializeAsString());
}

// Two examples of forward and one of embed; FP32 may differ by 0.01.
GetModelExamplesResponse Examples() {
  GetModelExamplesResponse response;
  AddExample("a", "forward", &response);
  AddExample("b", "embed", &response);
  AddExample("c", "forward", &response);
  auto* const tolerance = response.add_tolerances();
  tolerance->set_datatype("FP32");
  tolerance->set_rtol(0.001);
  tolerance->set_atol(0.01);
  return response;
}

class GoldenExamplesTest : public testing::Test {
 protected:
  GoldenExamplesTest() {
    server_.AddInput("x", "FP32", {1});
    server_.examples = Examples();
  }

  absl::StatusOr<Mix> Build(const EntrySpec& entry) {
    return BuildMix({entry}, server_.access(), 1);
  }

  static EntrySpec Wanted() {
    EntrySpec entry = EntryOf("net");
    entry.use_golden = true;
    return entry;
  }

  FakeModelServer server_;
};

TEST_F(GoldenExamplesTest, AreThePayloadsWhereNothingElseIsGiven) {
  const auto mix = Build(EntryOf("net"));
  ASSERT_TRUE(mix.ok()) << mix.status();
  const auto& payloads = mix->at(0).payloads;
  ASSERT_EQ(payloads.size(), 2U);
  EXPECT_EQ(payloads.at(0).name, "golden example 'a'");
  EXPECT_EQ(RequestOf(payloads.at(1)).id(), "c");
  EXPECT_EQ(RequestOf(payloads.at(1)).parameters().count("timings"), 0);
}

TEST_F(GoldenExamplesTest, AreThoseOfTheMethodAndVersion) {
  EntrySpec entry = EntryOf("net:embed");
  entry.version = "3";
  const auto made = GoldenPayloads(entry, server_.access(), true);
  ASSERT_TRUE(made.ok()) << made.status();
  ASSERT_EQ(made->size(), 1U);
  EXPECT_TRUE(RequestOf(made->at(0)).parameters().at("timings").bool_param());
  EXPECT_EQ(server_.asked.name(), "net");
  EXPECT_EQ(server_.asked.version(), 3);
  entry.version = "stable";
  ASSERT_TRUE(GoldenPayloads(entry, server_.access(), true).ok());
  EXPECT_EQ(server_.asked.alias(), "stable");
}

TEST_F(GoldenExamplesTest, AnswersMayDifferAsTheExporterFound) {
  const auto mix = Build(EntryOf("net"));
  const AnswerCheck& check = *mix->at(0).payloads.at(0).check;
  EXPECT_EQ(check.FaultOf(MakeBuffer(AnswerOf(1.015F))), std::nullopt);
  EXPECT_NE(check.FaultOf(MakeBuffer(AnswerOf(1.025F))), std::nullopt);
}

TEST_F(GoldenExamplesTest, WithoutARightAnswerNothingIsChecked) {
  for (auto& example : *server_.examples->mutable_examples()) {
    example.clear_response();
  }
  EXPECT_EQ(Build(EntryOf("net"))->at(0).payloads.at(0).check, nullptr);
}

TEST_F(GoldenExamplesTest, PayloadsAreMadeUpWhereThereAreNone) {
  server_.examples->clear_examples();
  EXPECT_EQ(Build(EntryOf("net"))->at(0).payloads.size(), 8U);
  EXPECT_TRUE(absl::IsNotFound(Build(Wanted()).status()));
  server_.examples.reset();
  EXPECT_EQ(Build(EntryOf("net"))->at(0).payloads.size(), 8U);
  EXPECT_TRUE(absl::IsUnimplemented(Build(Wanted()).status()));
}

TEST_F(GoldenExamplesTest, AManagementPortThatIsNotThereIsNoFaultUnlessAsked) {
  const ServerAccess access = AccessTo(server_.address(), "127.0.0.1:1");
  EXPECT_TRUE(BuildMix({EntryOf("net")}, access, 1).ok());
  const auto wanted = BuildMix({Wanted()}, access, 1);
  EXPECT_TRUE(absl::IsUnavailable(wanted.status()));
  EXPECT_THAT(std::string(wanted.status().message()),
              HasSubstr("management port"));
}

TEST_F(GoldenExamplesTest, AreLeftWhereSomethingElseIsAskedFor) {
  EntrySpec entry = EntryOf("net");
  entry.use_golden = false;
  EXPECT_EQ(Build(entry)->at(0).payloads.size(), 8U);
  entry = EntryOf("net");
  entry.inputs["x"] = "[1]";
  EXPECT_EQ(Build(entry)->at(0).payloads.at(0).name, "given");
  entry.use_golden = true;
  EXPECT_TRUE(absl::IsInvalidArgument(Build(entry).status()));
}

TEST_F(GoldenExamplesTest, ThoseWithEmptyInputsAreLeftOut) {
  inference::ModelInferRequest request;
  auto* const input = request.add_inputs();
  input->add_shape(0);
  input->add_shape(3);
  server_.examples->mutable_examples(0)->set_request(
      request.SerializeAsString());
  const auto mix = Build(Wanted());
  ASSERT_TRUE(mix.ok()) << mix.status();
  ASSERT_EQ(mix->at(0).payloads.size(), 1U);
  EXPECT_EQ(mix->at(0).payloads.at(0).name, "golden example 'c'");
}

TEST_F(GoldenExamplesTest, MalformedOnesAreTold) {
  server_.examples->mutable_examples(0)->set_request("\xff");
  EXPECT_TRUE(absl::IsInternal(Build(Wanted()).status()));
  server_.examples = Examples();
  inference::ModelInferResponse answer = AnswerOf(1);
  answer.mutable_outputs(0)->set_shape(0, 2);
  server_.examples->mutable_examples(0)->set_response(
      answer.SerializeAsString());
  EXPECT_TRUE(absl::IsInternal(Build(Wanted()).status()));
}

}  // namespace
}  // namespace sconce::load

#include "server/rpc/sequence_parameters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sconce {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Request = inference::ModelInferRequest;

inference::InferParameter* Parameter(Request* request, const char* name) {
  return &(*request->mutable_parameters())[name];
}

// The sequence of `request`, which has to be right.
std::optional<SequencePlace> SequenceOf(const Request& request) {
  const auto sequence = ParseSequence(request);
  EXPECT_TRUE(sequence.ok()) << sequence.status();
  return sequence.value_or(std::nullopt);
}

template <typename Matcher>
void ExpectInvalid(const Request& request, Matcher message) {
  const absl::Status status = ParseSequence(request).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), message);
}

TEST(ParseSequenceTest, ARequestWithoutParametersBelongsToNone) {
  EXPECT_FALSE(SequenceOf(Request()).has_value());
}

TEST(ParseSequenceTest, NumbersAndStringsAreDifferentIds) {
  Request request;
  Parameter(&request, "sequence_id")->set_int64_param(7);
  EXPECT_EQ(SequenceOf(request)->id, "7");
  Parameter(&request, "sequence_id")->set_uint64_param(UINT64_MAX);
  EXPECT_EQ(SequenceOf(request)->id, "18446744073709551615");
  Parameter(&request, "sequence_id")->set_string_param("7");
  EXPECT_EQ(SequenceOf(request)->id, "'7'");
}

TEST(ParseSequenceTest, TellsItsStartAndItsEnd) {
  Request request;
  Parameter(&request, "sequence_id")->set_int64_param(-1);
  EXPECT_FALSE(SequenceOf(request)->start);
  EXPECT_FALSE(SequenceOf(request)->end);
  Parameter(&request, "sequence_start")->set_bool_param(true);
  EXPECT_TRUE(SequenceOf(request)->start);
  EXPECT_FALSE(SequenceOf(request)->end);
  Parameter(&request, "sequence_end")->set_bool_param(true);
  EXPECT_TRUE(SequenceOf(request)->end);
}

TEST(ParseSequenceTest, TellsHowTheModelWasAskedFor) {
  Request request;
  Parameter(&request, "sequence_id")->set_int64_param(7);
  EXPECT_EQ(SequenceOf(request)->route, "");
  request.set_model_version("canary");
  EXPECT_EQ(SequenceOf(request)->route, "canary");
}

TEST(ParseSequenceTest, ZeroAndTheEmptyStringNameNoSequence) {
  Request request;
  Parameter(&request, "sequence_start")->set_bool_param(false);
  Parameter(&request, "sequence_end")->set_bool_param(false);
  Parameter(&request, "sequence_id")->set_int64_param(0);
  EXPECT_FALSE(SequenceOf(request).has_value());
  Parameter(&request, "sequence_id")->set_uint64_param(0);
  EXPECT_FALSE(SequenceOf(request).has_value());
  Parameter(&request, "sequence_id")->set_string_param("");
  EXPECT_FALSE(SequenceOf(request).has_value());
}

TEST(ParseSequenceTest, RefusesAStartOrEndOfNoSequence) {
  for (const char* flag : {"sequence_start", "sequence_end"}) {
    Request request;
    Parameter(&request, flag)->set_bool_param(true);
    const auto names_both =
        AllOf(HasSubstr(flag), HasSubstr("sequence_id is missing"));
    ExpectInvalid(request, names_both);
    Parameter(&request, "sequence_id")->set_int64_param(0);
    ExpectInvalid(request, names_both);
    Parameter(&request, "sequence_id")->set_string_param("");
    ExpectInvalid(request, names_both);
  }
}

TEST(ParseSequenceTest, RefusesOtherTypes) {
  Request request;
  Parameter(&request, "sequence_id")->set_double_param(7);
  ExpectInvalid(request, AllOf(HasSubstr("'sequence_id'"),
                               HasSubstr("int64_param, uint64_param or")));
  Parameter(&request, "sequence_id")->clear_parameter_choice();
  ExpectInvalid(request, HasSubstr("'sequence_id'"));
  for (const char* flag : {"sequence_start", "sequence_end"}) {
    Request wrong_flag;
    Parameter(&wrong_flag, "sequence_id")->set_int64_param(7);
    Parameter(&wrong_flag, flag)->set_int64_param(1);
    ExpectInvalid(wrong_flag,
                  AllOf(HasSubstr(flag), HasSubstr("expected it in bool")));
  }
}

TEST(ParseSequenceTest, RefusesAnIdThatIsTooLong) {
  Request request;
  Parameter(&request, "sequence_id")->set_string_param(std::string(128, 'a'));
  EXPECT_EQ(SequenceOf(request)->id.size(), 130u);
  Parameter(&request, "sequence_id")->set_string_param(std::string(129, 'a'));
  ExpectInvalid(request, HasSubstr("129 bytes, expected at most 128"));
}

}  // namespace
}  // namespace sconce

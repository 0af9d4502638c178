#include "server/rpc/traffic_key.h"

#include <gtest/gtest.h>

#include <string>

namespace sconce {
namespace {

using inference::InferParameter;
using inference::ModelInferRequest;

InferParameter& Parameter(ModelInferRequest* request, const char* name) {
  return (*request->mutable_parameters())[name];
}

std::optional<uint64_t> KeyOfText(const char* name, const std::string& text) {
  ModelInferRequest request;
  Parameter(&request, name).set_string_param(text);
  return TrafficKey(request);
}

std::optional<uint64_t> KeyOfNumber(const char* name, int64_t number) {
  ModelInferRequest request;
  Parameter(&request, name).set_int64_param(number);
  return TrafficKey(request);
}

TEST(TrafficKeyTest, AnOrdinaryRequestHasNone) {
  ModelInferRequest request;
  EXPECT_EQ(TrafficKey(request), std::nullopt);
  Parameter(&request, "timeout").set_int64_param(5);
  EXPECT_EQ(TrafficKey(request), std::nullopt);
}

TEST(TrafficKeyTest, IsTheSameForTheSameSequence) {
  EXPECT_NE(KeyOfNumber("sequence_id", 7), std::nullopt);
  EXPECT_EQ(KeyOfNumber("sequence_id", 7), KeyOfNumber("sequence_id", 7));
  EXPECT_NE(KeyOfNumber("sequence_id", 7), KeyOfNumber("sequence_id", 8));
  EXPECT_EQ(KeyOfText("sequence_id", "a"), KeyOfText("sequence_id", "a"));
  EXPECT_NE(KeyOfText("sequence_id", "7"), KeyOfNumber("sequence_id", 7));
}

TEST(TrafficKeyTest, BothWaysToWriteAnIntegerAreTheSameSequence) {
  ModelInferRequest request;
  Parameter(&request, "sequence_id").set_uint64_param(7);
  EXPECT_EQ(TrafficKey(request), KeyOfNumber("sequence_id", 7));
}

TEST(TrafficKeyTest, TheParameterIsOneToo) {
  EXPECT_NE(KeyOfText("sconce.traffic_key", "user-1"), std::nullopt);
  EXPECT_NE(KeyOfText("sconce.traffic_key", "user-1"),
            KeyOfText("sconce.traffic_key", "user-2"));
  EXPECT_NE(KeyOfNumber("sconce.traffic_key", 3), std::nullopt);
}

TEST(TrafficKeyTest, TheSequenceComesFirst) {
  ModelInferRequest request;
  Parameter(&request, "sconce.traffic_key").set_string_param("user-1");
  Parameter(&request, "sequence_id").set_int64_param(7);
  EXPECT_EQ(TrafficKey(request), KeyOfNumber("sequence_id", 7));
  // 0 means that there is no sequence.
  Parameter(&request, "sequence_id").set_int64_param(0);
  EXPECT_EQ(TrafficKey(request), KeyOfText("sconce.traffic_key", "user-1"));
}

TEST(TrafficKeyTest, SpreadsIdsInARow) {
  int even = 0;
  for (int64_t id = 1; id <= 1000; ++id) {
    if (*KeyOfNumber("sequence_id", id) % 2 == 0) ++even;
  }
  EXPECT_GT(even, 400);
  EXPECT_LT(even, 600);
}

}  // namespace
}  // namespace sconce

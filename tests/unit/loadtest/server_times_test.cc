#include "client/loadtest/sending/server_times.h"

#include <grpcpp/support/slice.h>

#include <vector>

#include "gtest/gtest.h"

#include "inference/grpc_service.pb.h"

namespace sconce::load {
namespace {

using std::chrono::nanoseconds;

inference::ModelInferResponse Timed() {
  inference::ModelInferResponse response;
  response.set_model_name("net");
  auto& parameters = *response.mutable_parameters();
  parameters["queue_ns"].set_int64_param(5000);
  parameters["compute_input_ns"].set_int64_param(20);
  parameters["compute_infer_ns"].set_int64_param(3000000000);
  parameters["batch_size"].set_int64_param(4);
  response.add_outputs()->set_name("output_0");
  response.add_raw_output_contents()->assign(1000, 'x');
  return response;
}

// In slices of `size` bytes, as a network may deliver it.
grpc::ByteBuffer Sliced(const std::string& bytes, size_t size) {
  std::vector<grpc::Slice> slices;
  for (size_t i = 0; i < bytes.size(); i += size) {
    slices.emplace_back(bytes.substr(i, size));
  }
  return grpc::ByteBuffer(slices.data(), slices.size());
}

TEST(ServerTimesTest, ReadsWhatTheServerTells) {
  const std::string bytes = Timed().SerializeAsString();
  for (const size_t size : {size_t{1}, size_t{7}, bytes.size()}) {
    const auto times = ReadServerTimes(Sliced(bytes, size));
    ASSERT_TRUE(times.has_value()) << size;
    EXPECT_EQ(times->queue, nanoseconds(5000));
    EXPECT_EQ(times->compute, nanoseconds(3000000020));
  }
}

TEST(ServerTimesTest, OtherServersTellNothing) {
  inference::ModelInferResponse response = Timed();
  response.clear_parameters();
  (*response.mutable_parameters())["queue_ns"].set_string_param("soon");
  EXPECT_FALSE(ReadServerTimes(Sliced(response.SerializeAsString(), 100)));
}

TEST(ServerTimesTest, WhatIsNoAnswerTellsNothing) {
  EXPECT_FALSE(ReadServerTimes(grpc::ByteBuffer()));
  EXPECT_FALSE(ReadServerTimes(Sliced(std::string(20, '\xff'), 100)));
  const std::string bytes = Timed().SerializeAsString();
  EXPECT_FALSE(ReadServerTimes(Sliced(bytes.substr(0, 40), 100)));
}

}  // namespace
}  // namespace sconce::load
